-- A file that was read in, or is being read: its numbers, and what could not be used of it. Kept for 30 days; that it
-- happened is in the audit log for good.
create table import (
    id uuid not null,
    kind text not null,
    file_name text not null,
    organization_id uuid,
    actor_name text not null,
    state text not null default 'running',
    error text,
    bytes_done bigint not null default 0,
    bytes_total bigint not null default 0,
    read_rows bigint not null default 0,
    created_rows bigint not null default 0,
    updated_rows bigint not null default 0,
    unchanged_rows bigint not null default 0,
    rejected_rows bigint not null default 0,
    columns jsonb not null default '[]',
    unknown_columns jsonb not null default '[]',
    read_only_columns jsonb not null default '[]',
    windows_1252 boolean not null default false,
    started_at timestamptz not null default now(),
    touched_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint import_pkey primary key (id),
    constraint import_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete set null,
    constraint import_kind_known check (kind in ('organizations', 'end-users', 'assets')),
    constraint import_state_known check (state in ('running', 'succeeded', 'failed')),
    constraint import_finished check ((state = 'running') = (finished_at is null))
);
create index import_by_start_idx on import (started_at desc);

create table import_reject (
    import_id uuid not null,
    line bigint not null,
    reason text not null,
    cells jsonb not null,
    constraint import_reject_pkey primary key (import_id, line),
    constraint import_reject_import_id_fkey foreign key (import_id) references import (id) on delete cascade
);

-- Natural keys compare in Unicode; the database's lower() may know ASCII only. What is not ASCII is compared by the
-- program, and these indexes find it.
create index organization_by_name_idx on organization (lower(name));
create index organization_beyond_ascii_idx on organization (id) where octet_length(name) <> char_length(name);
create index end_user_email_beyond_ascii_idx on end_user (organization_id)
    where octet_length(email) <> char_length(email);
create index end_user_name_beyond_ascii_idx on end_user (organization_id)
    where octet_length(name) <> char_length(name);

-- The audit log by who, by what and by kind, the latest first.
create index audit_event_by_actor_idx on audit_event (actor_name, at desc);
create index audit_event_by_action_idx on audit_event (action, at desc);
create index audit_event_by_kind_idx on audit_event (subject_kind, at desc);

-- The list of runs by what came of them and what for.
create index run_by_state_idx on run (state, started_at desc);
create index run_by_trigger_idx on run (trigger, started_at desc);
create index asset_name_beyond_ascii_idx on asset (organization_id) where octet_length(name) <> char_length(name);
