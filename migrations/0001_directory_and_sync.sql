-- Ours: customers, grouped in Tenants.
create table tenant (
    id uuid not null,
    name text not null,
    created_at timestamptz not null default now(),
    constraint tenant_pkey primary key (id),
    constraint tenant_name_not_blank check (name ~ '\S')
);

create table organization (
    id uuid not null,
    tenant_id uuid not null,
    name text not null,
    email text not null default '',
    phone text not null default '',
    created_at timestamptz not null default now(),
    constraint organization_pkey primary key (id),
    constraint organization_tenant_id_fkey foreign key (tenant_id) references tenant (id),
    constraint organization_name_not_blank check (name ~ '\S')
);
create index organization_tenant_id_idx on organization (tenant_id);

-- Theirs: one row per connected Entra ID directory, mapped to at most one Tenant and the other way round.
create table microsoft_tenant (
    id uuid not null,
    entra_tenant_id uuid not null,
    display_name text not null,
    default_domain text not null default '',
    tenant_id uuid,
    status text not null default 'connected',
    status_reason text not null default '',
    failed_runs integer not null default 0,
    readings jsonb not null default '{}',
    last_pass_at timestamptz,
    created_at timestamptz not null default now(),
    constraint microsoft_tenant_pkey primary key (id),
    constraint microsoft_tenant_entra_tenant_id_key unique (entra_tenant_id),
    constraint microsoft_tenant_tenant_id_key unique (tenant_id),
    constraint microsoft_tenant_tenant_id_fkey foreign key (tenant_id) references tenant (id),
    constraint microsoft_tenant_status_known
        check (status in ('connected', 'consent_needed', 'attention', 'quarantine'))
);

-- The directory: our copy of a Microsoft tenant. row_hash is 128 bits over the normalised row and the version of the
-- normaliser, so that a listing with nothing changed reads hashes and writes nothing.
create table directory_user (
    microsoft_tenant_id uuid not null,
    id uuid not null,
    row_hash uuid not null,
    upn text not null,
    display_name text not null,
    given_name text not null,
    surname text not null,
    mail text not null,
    other_mails text[] not null,
    business_phone text not null,
    mobile_phone text not null,
    street_address text not null,
    city text not null,
    state text not null,
    postal_code text not null,
    job_title text not null,
    department text not null,
    office_location text not null,
    user_type text not null,
    created_at timestamptz,
    disabled_at timestamptz,
    deleted_at timestamptz,
    licenses uuid[] not null,
    groups uuid[] not null default '{}',
    constraint directory_user_pkey primary key (microsoft_tenant_id, id),
    constraint directory_user_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade,
    constraint directory_user_user_type_known check (user_type in ('member', 'guest'))
);

create table directory_group (
    microsoft_tenant_id uuid not null,
    id uuid not null,
    name text not null,
    gone_at timestamptz,
    constraint directory_group_pkey primary key (microsoft_tenant_id, id),
    constraint directory_group_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

-- Direct members only; directory_user.groups holds the closure.
create table directory_group_member (
    microsoft_tenant_id uuid not null,
    group_id uuid not null,
    member_id uuid not null,
    is_group boolean not null,
    constraint directory_group_member_pkey primary key (microsoft_tenant_id, group_id, member_id),
    constraint directory_group_member_group_fkey foreign key (microsoft_tenant_id, group_id)
        references directory_group (microsoft_tenant_id, id) on delete cascade
);

create table subscribed_sku (
    microsoft_tenant_id uuid not null,
    sku_id uuid not null,
    sku_part_number text not null,
    used integer not null,
    total integer not null,
    constraint subscribed_sku_pkey primary key (microsoft_tenant_id, sku_id),
    constraint subscribed_sku_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

-- People. Addresses are not unique: imports and shared mailboxes repeat them.
create table end_user (
    id uuid not null,
    organization_id uuid not null,
    name text not null,
    email text not null default '',
    phone text not null default '',
    mobile text not null default '',
    street_address text not null default '',
    city text not null default '',
    state text not null default '',
    postal_code text not null default '',
    job_title text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint end_user_pkey primary key (id),
    constraint end_user_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);
create index end_user_by_name_idx on end_user (organization_id, lower(name), id);
create index end_user_by_email_idx on end_user (organization_id, lower(email), id);

-- The switch of one Organization. Filters, mappings and exclusions belong to (Organization, Microsoft tenant), so that
-- mapping the same Microsoft tenant again revives them.
create table user_sync (
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    enabled boolean not null,
    filters jsonb not null,
    first_applied_at timestamptz,
    attention text,
    updated_at timestamptz not null default now(),
    constraint user_sync_pkey primary key (organization_id, microsoft_tenant_id),
    constraint user_sync_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade,
    constraint user_sync_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

create table end_user_mapping (
    end_user_id uuid not null,
    microsoft_tenant_id uuid not null,
    organization_id uuid not null,
    directory_user_id uuid not null,
    last_synced jsonb not null default '{}',
    mark_kind text,
    mark_at timestamptz,
    mapped_at timestamptz not null default now(),
    constraint end_user_mapping_pkey primary key (end_user_id, microsoft_tenant_id),
    constraint end_user_mapping_directory_user_key
        unique (organization_id, microsoft_tenant_id, directory_user_id),
    constraint end_user_mapping_end_user_id_fkey
        foreign key (end_user_id) references end_user (id) on delete cascade,
    constraint end_user_mapping_mark_known
        check ((mark_kind is null) = (mark_at is null) and mark_kind in ('disabled', 'deleted'))
);

create table exclusion (
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    address text not null,
    created_at timestamptz not null default now(),
    constraint exclusion_pkey primary key (organization_id, microsoft_tenant_id, directory_user_id),
    constraint exclusion_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);

-- Runs. A run is one refresh of a Microsoft tenant and what it applied to each of its Organizations.
create table run (
    id uuid not null,
    microsoft_tenant_id uuid not null,
    trigger text not null,
    state text not null default 'running',
    stage text not null default 'starting',
    progress_done integer not null default 0,
    progress_total integer,
    error text,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint run_pkey primary key (id),
    constraint run_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade,
    constraint run_state_known check (state in ('running', 'succeeded', 'failed')),
    constraint run_finished check ((state = 'running') = (finished_at is null))
);
create index run_by_tenant_idx on run (microsoft_tenant_id, started_at desc);
create index run_by_start_idx on run (started_at desc);

create table run_organization (
    run_id uuid not null,
    organization_id uuid not null,
    counts jsonb not null,
    attention text,
    constraint run_organization_pkey primary key (run_id, organization_id),
    constraint run_organization_run_id_fkey foreign key (run_id) references run (id) on delete cascade,
    constraint run_organization_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);
create index run_organization_organization_id_idx on run_organization (organization_id);

-- One row per person who was written or whose outcome differs from the run before, and one per field written.
create table run_person (
    run_id uuid not null,
    organization_id uuid not null,
    directory_user_id uuid not null,
    end_user_id uuid,
    name text not null,
    address text not null,
    outcome text not null,
    reason jsonb not null,
    changes jsonb not null,
    constraint run_person_pkey primary key (run_id, organization_id, directory_user_id),
    constraint run_person_run_fkey foreign key (run_id, organization_id)
        references run_organization (run_id, organization_id) on delete cascade
);

-- How each person who is not simply synced stands, so that a run can tell what is new.
create table standing_outcome (
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    outcome text not null,
    reason jsonb not null,
    constraint standing_outcome_pkey primary key (organization_id, microsoft_tenant_id, directory_user_id),
    constraint standing_outcome_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);

-- Who may write for a Microsoft tenant now. Checked with the database's clock inside every transaction of a run.
create table run_lease (
    microsoft_tenant_id uuid not null,
    lease_token uuid not null,
    expires_at timestamptz not null,
    constraint run_lease_pkey primary key (microsoft_tenant_id),
    constraint run_lease_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

-- Who may sign in. Only a hash of a session's token is kept.
create table administrator (
    id uuid not null,
    email text not null,
    name text not null,
    password_hash text not null,
    created_at timestamptz not null default now(),
    constraint administrator_pkey primary key (id)
);
create unique index administrator_email_key on administrator (lower(email));

create table session (
    token_hash bytea not null,
    administrator_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint session_pkey primary key (token_hash),
    constraint session_administrator_id_fkey
        foreign key (administrator_id) references administrator (id) on delete cascade
);

-- Failed sign-ins, to slow down guessing.
create table sign_in_failure (
    email text not null,
    at timestamptz not null default now()
);
create index sign_in_failure_idx on sign_in_failure (email, at);
