"""What the old service had loaded before it could answer: a web framework, a model client, an embedded vector store.

Written anew after its description, with today's versions: FastAPI, LangChain with OpenAI's client, and Chroma holding
the page templates. It answers no requests here; what counts is what importing and building it costs.
"""

import hashlib
import math
from pathlib import Path

import chromadb
import uvicorn
from fastapi import FastAPI
from langchain.chat_models import BaseChatModel
from langchain_community.vectorstores import Chroma
from langchain_core.embeddings import Embeddings
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

DIMENSIONS = 1536  # as text-embedding-3-small has
KINDS = (
    "hero",
    "features",
    "texture",
    "usage",
    "ingredients",
    "reviews",
    "size",
    "care",
    "shipping",
    "questions",
)

app = FastAPI(title="product details")
prompt = ChatPromptTemplate.from_messages(
    [("system", "Write one block of a product page."), ("human", "{product}")]
)


class Product(BaseModel):
    """A request as the old service took it."""

    name: str
    description: str
    image_url: str | None = None


class HashedEmbeddings(Embeddings):
    """Vectors from the text's own three-character pieces, so that nothing is downloaded and no one is called."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector of unit length per text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        vector = [0.0] * DIMENSIONS
        for start in range(len(text) - 2):
            digest = hashlib.blake2b(text[start : start + 3].encode(), digest_size=4).digest()
            place = int.from_bytes(digest)
            vector[place % DIMENSIONS] += 1.0 if place >> 31 else -1.0
        length = math.sqrt(sum(value * value for value in vector)) or 1.0
        return [value / length for value in vector]


def model_clients() -> tuple[BaseChatModel, Embeddings]:
    """The clients that the old service kept; making them calls no one."""
    return ChatOpenAI(model="gpt-4o-mini", api_key="unused"), OpenAIEmbeddings(api_key="unused")


def template_texts(count: int) -> list[str]:
    """Descriptions of so many page templates, all different."""
    return [
        f"{KINDS[number % len(KINDS)]} block, variant {number}: {number % 4 + 1} columns, picture on the "
        f"{'left' if number % 3 else 'right'}, up to {number % 7 + 2} items, for category {number % 23}"
        for number in range(count)
    ]


def open_store(folder: Path, texts: list[str]) -> Chroma:
    """A persistent Chroma collection of these texts, built as the old service built it when it started."""
    settings = chromadb.Settings(
        anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder)
    )
    client = chromadb.PersistentClient(path=str(folder), settings=settings)
    return Chroma.from_texts(texts, HashedEmbeddings(), client=client, collection_name="templates")


def server() -> uvicorn.Server:
    """The server the app would run under, not started."""
    return uvicorn.Server(uvicorn.Config(app, log_config=None))


@app.post("/generate")
def generate(product: Product) -> dict[str, str]:
    """The route's shape; the chain is put together, not run."""
    model, _ = model_clients()
    return {"chain": type(prompt | model).__name__, "product": product.name}
