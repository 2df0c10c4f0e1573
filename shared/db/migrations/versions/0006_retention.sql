-- Nobody waits for this script: each statement is a transaction of its own, and an index is built while others read
-- and write. It can be run again after it broke off, which is why an index is dropped first.

-- How far a purge has come among finished tasks, in the order they finished (docs/decisions/0015). Its row is locked by
-- the one purger that is at it. Before `resumes_at` nothing is looked for: what stays is not looked at every hour.
create table if not exists purge_marks (
    purge text primary key,
    finished_at timestamptz not null default 'epoch',
    task_id uuid not null default '00000000-0000-0000-0000-000000000000',
    resumes_at timestamptz not null default 'epoch'
);
insert into purge_marks (purge) values ('steps'), ('tasks') on conflict do nothing;

-- Finished tasks that may go one day; those that stay for good are not in it.
drop index concurrently if exists tasks_forgettable;
create index concurrently tasks_forgettable on tasks (finished_at)
    where finished_at is not null and idempotency_key is null
        and (status <> 'completed' or kind in ('block', 'embedding'));

drop index concurrently if exists poison_messages_by_time;
create index concurrently poison_messages_by_time on poison_messages (created_at);

-- Also what the minute's figure of today's cost reads.
drop index concurrently if exists daily_usage_by_day;
create index concurrently daily_usage_by_day on daily_usage (day);

-- Steps are most of what is deleted: their room is to be free again before a fifth of the table is dead.
alter table task_steps set (autovacuum_vacuum_scale_factor = 0.05);
