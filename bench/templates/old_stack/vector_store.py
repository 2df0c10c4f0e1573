"""Runs under the old stack's Python: a Chroma collection on disk, asked for the template nearest to a given vector.

The old service also had its query's text embedded by a model before each query. Here the vectors are given, so that
only the store's own work is measured, which favours it. Orders are lines of JSON: how many queries; answers are the
milliseconds of each, as a list.
"""

import json
import random
import sys
import time
from pathlib import Path

import chromadb
from chromadb.config import Settings

DIMENSIONS = 1536  # as text-embedding-3-small has
RESULTS = 1


def unit_vector(rng: random.Random) -> list[float]:
    """A direction, as an embedding is one."""
    numbers = [rng.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = sum(number * number for number in numbers) ** 0.5
    return [number / length for number in numbers]


def main(folder: str, documents_path: str) -> None:
    """Fill the collection, then answer orders until the input ends."""
    with Path(documents_path).open(encoding="utf-8") as file:
        documents = json.load(file)
    rng = random.Random(500)
    client = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
    store = client.create_collection("templates", embedding_function=None)
    store.add(
        ids=[one["id"] for one in documents],
        documents=[one["text"] for one in documents],
        metadatas=[{"block_type": one["block_type"]} for one in documents],
        embeddings=[unit_vector(rng) for _ in documents],
    )
    queries = [unit_vector(rng) for _ in range(64)]
    print(json.dumps({"documents": store.count(), "chromadb": chromadb.__version__}), flush=True)
    for line in sys.stdin:
        taken = []
        for number in range(json.loads(line)):
            start = time.perf_counter()
            found = store.query(query_embeddings=[queries[number % len(queries)]], n_results=RESULTS)
            taken.append((time.perf_counter() - start) * 1000)
            if not found["ids"][0]:
                raise SystemExit("the store found nothing")
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
