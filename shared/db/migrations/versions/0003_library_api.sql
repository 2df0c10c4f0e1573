-- Search by any part of a word: every letter and every pair of letters (the embedded server has no pg_trgm).
create function letter_grams(content text) returns text[]
    language sql immutable strict parallel safe
    return (
        select coalesce(array_agg(distinct gram), '{}')
        from generate_series(1, length(content)) as place,
            lateral (values (substr(lower(content), place, 1)), (substr(lower(content), place, 2))) as found (gram)
    );

alter table templates add column grams text[] generated always as (
    letter_grams(template_id || ' ' || block_type || ' ' || name || ' ' || description)
) stored;
create index templates_by_grams on templates using gin (grams) with (fastupdate = off);
create index templates_by_category on templates (category_id, template_id);
create index templates_by_block_type on templates (block_type, template_id);
create index template_sets_by_category on template_sets (category_id, template_set_id);
create index template_set_items_by_template on template_set_items (template_id);
-- The sets for every category have one default too.
create unique index template_sets_one_default on template_sets (coalesce(category_id, '')) where is_default;

alter table template_versions add column saved_by text;
alter table template_versions add column reason text not null default 'saved';

-- An A/B test: pages of a set are made of `variant_set_id` instead, for this share (percent) of them.
create table template_experiments (
    experiment_id bigint generated always as identity primary key,
    template_set_id text not null references template_sets on delete cascade,
    variant_set_id text not null references template_sets,
    share smallint not null check (share between 1 and 99),
    goal text not null check (goal in ('exported', 'liked', 'kept')),
    started_at timestamptz not null default now(),
    stopped_at timestamptz,
    check (template_set_id <> variant_set_id)
);
create unique index template_experiments_running on template_experiments (template_set_id) where stopped_at is null;
create index template_experiments_by_set on template_experiments (template_set_id, experiment_id desc);
create index template_experiments_by_variant on template_experiments (variant_set_id, experiment_id desc);

-- What a page was made of, written in the transaction that completes it. `variant` is what its visitor was shown in
-- a running test: a, the set itself, or b.
create table page_origins (
    page_id uuid primary key references pages on delete cascade,
    template_set_id text references template_sets,
    experiment_id bigint references template_experiments on delete set null,
    variant text check (variant in ('a', 'b')),
    created_at timestamptz not null default now()
);
create index page_origins_by_set on page_origins (template_set_id);
create index page_origins_by_experiment on page_origins (experiment_id);

create table template_uses (
    template_id text not null references templates,
    page_id uuid not null references pages on delete cascade,
    template_version integer not null,
    created_at timestamptz not null default now(),
    primary key (template_id, page_id)
);
create index template_uses_by_page on template_uses (page_id);
create index template_uses_by_time on template_uses (created_at);

-- Pages made so far.
insert into template_uses (template_id, page_id, template_version, created_at)
select templates.template_id, made.page_id, (block ->> 'template_version')::integer, made.created_at
from page_versions made
    cross join lateral jsonb_array_elements(made.document -> 'blocks') as block
    join templates on templates.template_id = block ->> 'template_id'
where made.version = 1
on conflict do nothing;
