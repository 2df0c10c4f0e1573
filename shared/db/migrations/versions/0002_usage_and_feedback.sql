-- What a user's calls cost on a day of the Korean calendar; raised in the transaction that stores the step.
create table daily_usage (
    owner text not null,
    day date not null,
    usd numeric(12, 6) not null default 0,
    primary key (owner, day)
);

create table page_feedback (
    feedback_id bigint generated always as identity primary key,
    page_id uuid not null references pages on delete cascade,
    version integer not null,
    rating smallint check (rating between 1 and 5),
    comment text,
    exported boolean,
    created_at timestamptz not null default now()
);
create index page_feedback_by_page on page_feedback (page_id);

-- How often a worker died over this task: one that kills its workers again and again is given up.
alter table tasks add column crashes integer not null default 0;
