-- In which of Microsoft's clouds a tenant is.
alter table microsoft_tenant add column cloud text not null default 'global';
alter table microsoft_tenant add constraint microsoft_tenant_cloud_known
    check (cloud in ('global', 'us_gov', 'us_dod', 'china'));

-- Visits to Microsoft that were begun: what the `state` of an answer is good for. Only its hash is kept. All but links
-- are bound to the session in which they were begun.
create table consent_request (
    id uuid not null,
    state_hash bytea not null,
    purpose text not null,
    cloud text not null,
    session_hash bytea,
    account_id uuid,
    account_name text not null,
    expected_entra_tenant_id uuid,
    expected_name text not null default '',
    renewal boolean not null default false,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz,
    outcome text not null default '',
    constraint consent_request_pkey primary key (id),
    constraint consent_request_state_hash_key unique (state_hash),
    constraint consent_request_purpose_known check (purpose in ('single', 'link', 'partner', 'bulk')),
    constraint consent_request_bound check ((purpose = 'link') = (session_hash is null)),
    constraint consent_request_cloud_known check (cloud in ('global', 'us_gov', 'us_dod', 'china'))
);
create index consent_request_links_idx on consent_request (created_at desc) where purpose = 'link';

-- Microsoft tenants whose consent nobody expected: their name and domains, and nothing else, until an Administrator
-- confirms them. No run can refer to them.
create table pending_microsoft_tenant (
    entra_tenant_id uuid not null,
    cloud text not null,
    display_name text not null,
    default_domain text not null,
    domains text[] not null,
    how text not null,
    created_at timestamptz not null default now(),
    constraint pending_microsoft_tenant_pkey primary key (entra_tenant_id),
    constraint pending_microsoft_tenant_cloud_known check (cloud in ('global', 'us_gov', 'us_dod', 'china'))
);

-- The Microsoft tenant of the partner (Cloud Solution Provider), at most one, and what its list of customers said.
create table partner (
    only_one boolean not null default true,
    entra_tenant_id uuid not null,
    cloud text not null,
    display_name text not null,
    default_domain text not null,
    source text not null default '',
    problem text not null default '',
    read_at timestamptz,
    constraint partner_pkey primary key (only_one),
    constraint partner_is_one check (only_one),
    constraint partner_source_known check (source in ('', 'delegated', 'contracts'))
);

-- Its customers. `tenant_id` is the Tenant that the customer is mapped to once it is connected.
create table partner_customer (
    entra_tenant_id uuid not null,
    display_name text not null,
    default_domain text not null default '',
    relationship text not null,
    relationship_ends_at timestamptz,
    tenant_id uuid,
    consent text not null default 'none',
    chosen_by uuid,
    chosen_by_name text not null default '',
    tries integer not null default 0,
    next_try_at timestamptz,
    outcome text not null default '',
    outcome_failed boolean not null default false,
    touched_at timestamptz,
    constraint partner_customer_pkey primary key (entra_tenant_id),
    constraint partner_customer_tenant_id_fkey
        foreign key (tenant_id) references tenant (id) on delete set null,
    constraint partner_customer_relationship_known
        check (relationship in ('active', 'waiting', 'ended', 'none', 'unknown')),
    constraint partner_customer_consent_known
        check (consent in ('none', 'chosen', 'queued', 'asking', 'granted'))
);
create index partner_customer_by_name_idx on partner_customer (lower(display_name), entra_tenant_id);
create index partner_customer_due_idx on partner_customer (next_try_at) where consent = 'granted';
create index partner_customer_tenant_id_idx on partner_customer (tenant_id);
