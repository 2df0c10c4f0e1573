-- Tasks, their durable steps, the outbox, pages, images and the template library.
create extension if not exists vector;

-- A unit of work somebody asked for. `attempt` is the fencing number: every write of a run carries it.
create table tasks (
    task_id uuid primary key,
    kind text not null check (kind in ('page', 'image', 'block', 'embedding')),
    owner text not null,
    request jsonb not null,
    idempotency_key text,
    request_sha256 text not null,
    status text not null default 'queued'
        check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
    attempt integer not null default 0,
    enqueued_at timestamptz,
    heartbeat_at timestamptz,
    percent integer not null default 0 check (percent between 0 and 100),
    step text,
    done integer not null default 0,
    total integer not null default 0,
    sequence integer not null default 0,
    result jsonb,
    warnings jsonb not null default '[]',
    error jsonb,
    usd numeric(12, 6) not null default 0,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    images integer not null default 0,
    traceparent text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    unique (owner, idempotency_key)
);
create index tasks_by_owner on tasks (owner, created_at desc, task_id desc);
create index tasks_unfinished on tasks (coalesce(heartbeat_at, enqueued_at, created_at))
    where status in ('queued', 'running');

-- What a task has already paid for: never done twice.
create table task_steps (
    task_id uuid not null references tasks on delete cascade,
    step_key text not null,
    result jsonb not null,
    attempt integer not null,
    usd numeric(12, 6) not null default 0,
    created_at timestamptz not null default now(),
    primary key (task_id, step_key)
);

-- Events written in the transaction of the change they tell of. `stream` (the task, or the message's own id) is
-- the unit of order; `claimed_until` keeps two publishers from sending one stream's events at the same time.
create table outbox (
    id bigint generated always as identity primary key,
    stream text not null,
    user_id text not null,
    event_id uuid not null unique,
    event jsonb not null,
    created_at timestamptz not null default now(),
    claimed_until timestamptz,
    published_at timestamptz
);
create index outbox_unpublished on outbox (stream, id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;

create table images (
    image_id uuid primary key,
    owner text not null,
    source text not null check (source in ('upload', 'generated', 'drawn')),
    s3_key text not null,
    content_type text not null,
    width integer not null,
    height integer not null,
    bytes integer not null,
    sha256 text not null,
    created_at timestamptz not null default now()
);
create index images_by_owner on images (owner, created_at desc, image_id desc);

create table pages (
    page_id uuid primary key,
    owner text not null,
    task_id uuid not null unique references tasks,
    title text not null,
    version integer not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index pages_by_owner on pages (owner, created_at desc, page_id desc);

create table page_versions (
    page_id uuid not null references pages on delete cascade,
    version integer not null,
    document jsonb not null,
    reason text not null,
    created_at timestamptz not null default now(),
    primary key (page_id, version)
);

create table categories (
    category_id text primary key,
    name text not null,
    parent_id text references categories,
    display_order integer not null default 0,
    created_at timestamptz not null default now()
);

create table templates (
    template_id text primary key,
    category_id text references categories,
    block_type text not null,
    name text not null,
    description text not null default '',
    status text not null default 'active' check (status in ('draft', 'active', 'archived')),
    version integer not null,
    template_html text not null,
    metadata jsonb not null,
    provenance text not null default 'editor',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index templates_by_kind on templates (status, category_id, block_type, template_id);

-- Every save is a version, so a page keeps rendering with what it was made with.
create table template_versions (
    template_id text not null references templates on delete cascade,
    version integer not null,
    template_html text not null,
    metadata jsonb not null,
    created_at timestamptz not null default now(),
    primary key (template_id, version)
);

create table template_sets (
    template_set_id text primary key,
    category_id text references categories,
    name text not null,
    description text not null default '',
    theme jsonb not null,
    is_default boolean not null default false,
    status text not null default 'active' check (status in ('draft', 'active', 'archived')),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index template_sets_default on template_sets (category_id) where is_default;

create table template_set_items (
    template_set_id text not null references template_sets on delete cascade,
    display_order integer not null,
    template_id text not null references templates,
    primary key (template_set_id, display_order)
);

-- What the workers gave up on, with the reason; nothing that reached a queue is ever dropped.
create table poison_messages (
    poison_id uuid primary key,
    queue text not null,
    body text not null,
    task_id uuid,
    code text not null,
    reason text not null,
    attempts integer not null,
    created_at timestamptz not null default now(),
    redriven_at timestamptz
);
create index poison_messages_waiting on poison_messages (queue, created_at) where redriven_at is null;
