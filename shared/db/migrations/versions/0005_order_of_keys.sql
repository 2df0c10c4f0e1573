-- What a seller wrote keeps its order: attributes and the notice of the law are tables on the page, and jsonb sorts
-- the keys of an object. Code of before reads and writes `json` just as it did `jsonb`, but for one query, which deletes
-- a template (an operator of jsonb: 500 until the new code is there). The tables are rewritten under a lock: on a million
-- tasks some seconds, which requests wait for or answer 503.
alter table tasks alter column request type json using request::json;
alter table task_steps alter column result type json using result::json;
