"""Starts the function app as a new instance does: imports it, indexes it, says what it took.

`python -P start_function_app.py FOLDER [MODULE ...]`, with FOLDER and the checkout on PYTHONPATH; imports the further
modules afterwards, as the first page would.
"""

import sys

from bench.coldstart.stages import Stages


def main(folder: str, later: list[str]) -> None:
    """Start the app in `folder`, import the modules called `later` one by one, print the stages as JSON."""
    stages = Stages()
    import function_app  # noqa: F401  its import is what is measured

    stages.ends("import")
    from local.functions_host.index import index_app

    functions = index_app(folder)
    stages.ends("index")
    for module in later:
        __import__(module)
        stages.ends(module)

    import json

    print(json.dumps({"stages": stages.stages, "functions": len(functions)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
