-- Credentials of the app registration that were added in Settings, beside what the environment says. What is secret of
-- them is sealed (store/vault.rs); nothing else of it is in any column. One is of one app registration.
create table app_credential (
    id uuid not null,
    client_id text not null,
    kind text not null,
    sealed bytea not null,
    key_id text not null,
    -- Of a certificate: SHA-256 in hex.
    thumbprint text not null default '',
    -- Read from a certificate, told by whoever adds a secret, or not known.
    expires_at timestamptz,
    -- Whether Microsoft issued a token for it before it was taken.
    tried boolean not null,
    added_by uuid,
    added_by_name text not null,
    added_at timestamptz not null default now(),
    constraint app_credential_pkey primary key (id),
    constraint app_credential_kind_known check (kind in ('secret', 'certificate'))
);

-- What Microsoft last said of each credential: 'environment', or the id of one above.
create table app_credential_health (
    name text not null,
    worked_at timestamptz,
    refused_at timestamptz,
    refused_code bigint,
    constraint app_credential_health_pkey primary key (name)
);
