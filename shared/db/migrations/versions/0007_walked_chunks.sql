-- An owner's first thousand chunks are compared one by one, only those beyond are in the HNSW index
-- (docs/decisions/0016). `walked` says which, and search finds a chunk whichever it says. Code of before does not write it:
-- its chunks are in the index.
-- Nobody waits for this script: each statement is a transaction of its own, and the index is built while others read
-- and write. It can be run again after it broke off.
alter table document_chunks
    add column if not exists walked boolean not null default false,
    alter column walked set default true;

drop index concurrently if exists document_chunks_unwalked;
create index concurrently document_chunks_unwalked on document_chunks (owner) where not walked;

-- Before the update, as in this index each updated row would cost milliseconds. Until the new one is there, and in code
-- of before until that is replaced, the chunks of owners who have many are compared too.
drop index concurrently if exists document_chunks_by_embedding;
update document_chunks set walked = true
where not walked and chunk_id in (
    select chunk_id
    from (select chunk_id, row_number() over (partition by owner order by chunk_id) as place from document_chunks) as counted
    where place > 1000
);

drop index concurrently if exists document_chunks_walked;
create index concurrently document_chunks_walked on document_chunks using hnsw (embedding halfvec_cosine_ops) where walked;
