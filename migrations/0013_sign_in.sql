-- A session can be listed and ended without its token being known, and ends when nobody uses it for a while.
alter table session add column id uuid not null default gen_random_uuid();
alter table session add
    constraint session_id_key unique (id);
alter table session add column last_seen_at timestamptz not null default now();
alter table session add column way text not null default 'password';
alter table session alter column way drop default;
alter table session add
    constraint session_way_known check (way in ('password', 'microsoft', 'openid'));
-- From where it was begun: the client's address and what the browser calls itself.
alter table session add column client_address text;
alter table session add column user_agent text not null default '';

-- Guesses are counted by the client's address as well, and one that turns out to be right is taken back.
alter table sign_in_failure add column id uuid not null default gen_random_uuid();
alter table sign_in_failure add
    constraint sign_in_failure_pkey primary key (id);
alter table sign_in_failure add column client_address text;
create index sign_in_failure_by_address_idx on sign_in_failure (client_address, at);

-- Who an account is elsewhere: a tenant and an object id at Microsoft, an issuer and a subject at another provider. One
-- person has one account and an account is one person, so that nobody takes over an account by an address.
create table account_identity (
    provider text not null,
    authority text not null,
    subject text not null,
    account_id uuid not null,
    -- The account was made for an app role in the token and lives by it.
    by_role boolean not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    constraint account_identity_pkey primary key (provider, authority, subject),
    constraint account_identity_account_id_key unique (account_id),
    constraint account_identity_account_id_fkey
        foreign key (account_id) references account (id) on delete cascade,
    constraint account_identity_provider_known check (provider in ('microsoft', 'openid'))
);

-- From where alone somebody with the account's address may take it over at the first sign-in: 'openid', or 'microsoft:'
-- and a tenant. An account without a password and without a row here waits for whoever comes from the only place there is.
create table account_invitation (
    account_id uuid not null,
    realm text not null,
    constraint account_invitation_pkey primary key (account_id),
    constraint account_invitation_account_id_fkey
        foreign key (account_id) references account (id) on delete cascade
);

-- Sign-ins under way at a provider. Only hashes are kept, of `state` and of the secret in the browser's cookie; each is
-- good once.
create table sign_in_attempt (
    state_hash bytea not null,
    browser_hash bytea not null,
    provider text not null,
    next text not null,
    client_address text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint sign_in_attempt_pkey primary key (state_hash)
);
create index sign_in_attempt_by_address_idx on sign_in_attempt (client_address, created_at);
