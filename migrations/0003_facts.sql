-- Facts that Microsoft keeps apart from its users, and refuses apart. One row per user of whom something is known; how
-- the pass as a whole stands is in microsoft_tenant.readings. read_at is set only where the row is older or newer than
-- the pass: the person was missing from it, or was read alone.
create table directory_sign_in (
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    successful_at timestamptz,
    -- Signed in or tried to, whichever came last. Null in both: never.
    attempted_at timestamptz,
    last_at timestamptz generated always as (coalesce(successful_at, attempted_at)) stored,
    read_at timestamptz,
    constraint directory_sign_in_pkey primary key (microsoft_tenant_id, directory_user_id),
    constraint directory_sign_in_directory_user_fkey foreign key (microsoft_tenant_id, directory_user_id)
        references directory_user (microsoft_tenant_id, id) on delete cascade
);
-- The order of Last Microsoft Activity.
create index directory_sign_in_by_time_idx on directory_sign_in (microsoft_tenant_id, last_at, directory_user_id)
    where last_at is not null;

create table directory_mfa (
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    is_registered boolean not null,
    methods text[] not null,
    read_at timestamptz,
    constraint directory_mfa_pkey primary key (microsoft_tenant_id, directory_user_id),
    constraint directory_mfa_directory_user_fkey foreign key (microsoft_tenant_id, directory_user_id)
        references directory_user (microsoft_tenant_id, id) on delete cascade
);

-- What changed in Microsoft besides synced fields: lines of a person's history. Licences are SKU ids with commas, as
-- names may come later; the first sight of a person is no change.
create table directory_user_change (
    id bigint generated always as identity,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    at timestamptz not null default now(),
    run_id uuid,
    kind text not null,
    old text not null,
    new text not null,
    constraint directory_user_change_pkey primary key (id),
    constraint directory_user_change_directory_user_fkey foreign key (microsoft_tenant_id, directory_user_id)
        references directory_user (microsoft_tenant_id, id) on delete cascade,
    constraint directory_user_change_run_id_fkey foreign key (run_id) references run (id) on delete set null,
    constraint directory_user_change_kind_known check (kind in ('licenses', 'mfa'))
);
create index directory_user_change_by_user_idx
    on directory_user_change (microsoft_tenant_id, directory_user_id, at desc);
create index directory_user_change_run_id_idx on directory_user_change (run_id);

-- Microsoft's published product names, fetched now and then; licences carry only SKU ids.
create table product_name (
    sku_id uuid not null,
    name text not null,
    constraint product_name_pkey primary key (sku_id)
);

-- The one row about that list.
create table product_name_list (
    is_only boolean not null default true,
    fetched_at timestamptz,
    tried_at timestamptz,
    constraint product_name_list_pkey primary key (is_only),
    constraint product_name_list_one_row check (is_only)
);
insert into product_name_list (is_only) values (true);

-- The table of End Users at 100,000 rows of one Organization: the few who are disabled are found without the others,
-- and so is who holds a licence.
create index end_user_mapping_marked_idx on end_user_mapping (organization_id, microsoft_tenant_id)
    where mark_kind is not null;
create index directory_user_licenses_idx on directory_user using gin (licenses);

-- A search for words anywhere looks at three-letter pieces. Where this Postgres lacks the extension, or we may not
-- make it, a search reads all rows of the Organization instead.
do $$
begin
    create extension if not exists pg_trgm;
    create index end_user_table_words_idx on end_user
        using gin ((name || e'\n' || email || e'\n' || job_title) gin_trgm_ops);
exception
    when undefined_file or feature_not_supported or insufficient_privilege or undefined_object then
        raise notice 'pg_trgm is not at hand: searches are slower (%)', sqlerrm;
end
$$;
