"""Starts the old stack as its service did and says what it took: `python -P start.py STORE_FOLDER`.

Any attempt to reach another machine ends the process: what is measured is the start, not somebody's network.
"""

import sys

from bench.coldstart.stages import Stages

DOCUMENTS = 500


def refuse_network(event: str, _arguments: tuple[object, ...]) -> None:
    """Audit hook: no name is looked up and no connection is opened."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise RuntimeError(f"the old stack wants the network ({event}): this must not be measured")


def main(folder: str) -> None:
    """Import the service, build its store, ask it once; print the stages as JSON."""
    sys.addaudithook(refuse_network)
    stages = Stages()
    import service

    stages.ends("import")
    from pathlib import Path

    clients, server = service.model_clients(), service.server()
    store = service.open_store(Path(folder), service.template_texts(DOCUMENTS))
    stages.ends("build")
    found = store.similarity_search("a hero block with one large picture for cosmetics", k=5)
    stages.ends("query")
    if len(found) != 5 or not all((*clients, server)):
        raise RuntimeError(f"the store of {DOCUMENTS} documents found {len(found)} of 5")

    import json

    print(json.dumps({"stages": stages.stages}))


if __name__ == "__main__":
    main(sys.argv[1])
