-- A seller's document as it was last taken in. `version` orders writes: one with a lower number never replaces it.
-- A deleted document keeps its row, without content, so that a write that comes late finds it deleted.
create table documents (
    owner text not null,
    post_id text not null,
    version bigint not null,
    kind text not null default 'post' check (kind in ('post', 'faq', 'review')),
    title text,
    content text,
    content_sha256 text,
    task_id uuid,
    embedded_sha256 text,
    embedded_at timestamptz,
    chunks integer not null default 0,
    model text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (owner, post_id)
);
create index documents_deleted on documents (deleted_at) where deleted_at is not null;

-- What search reads; replaced as a whole when a document changes. `bigrams` holds every pair of letters of title and
-- text (no positions: the lexemes are made by generation/documents/letters.py); it stays in the row, because ranking
-- reads it for each candidate.
create table document_chunks (
    chunk_id bigint generated always as identity primary key,
    owner text not null,
    post_id text not null,
    chunk integer not null,
    kind text not null,
    text text not null,
    bigrams tsvector not null,
    model text not null,
    embedding halfvec(1536) not null,
    unique (owner, post_id, chunk),
    foreign key (owner, post_id) references documents on delete cascade
);
alter table document_chunks alter column bigrams set storage main;
create index document_chunks_by_bigrams on document_chunks using gin (bigrams);
create index document_chunks_by_embedding on document_chunks using hnsw (embedding halfvec_cosine_ops);

-- For the operators' view: what runs now, what ended lately.
create index tasks_finished on tasks (finished_at) where finished_at is not null;
create index poison_messages_by_task on poison_messages (task_id) where task_id is not null;
create index poison_messages_by_queue on poison_messages (queue, created_at desc, poison_id desc);
