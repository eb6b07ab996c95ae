-- A portal of somebody else's, in whose pages ours may stand. Its secret signs the tokens with which it sends people; it
-- is sealed with the master key (associated data: this row and column) and shown to nobody again.
create table portal (
    id uuid not null,
    name text not null,
    secret_key_id text not null,
    secret bytea not null,
    created_at timestamptz not null default now(),
    constraint portal_pkey primary key (id),
    constraint portal_name_not_empty check (name <> '')
);
create unique index portal_name_key on portal (lower(name));

-- Where its pages stand, as browsers write an origin: scheme, host, and the port where it is not the usual one.
create table portal_origin (
    portal_id uuid not null,
    origin text not null,
    constraint portal_origin_pkey primary key (portal_id, origin),
    constraint portal_origin_portal_id_fkey
        foreign key (portal_id) references portal (id) on delete cascade
);

-- Tokens that were used, each until its end and the skew of clocks are over: from then on the end itself refuses it.
create table portal_token (
    portal_id uuid not null,
    jti text not null,
    expires_at timestamptz not null,
    constraint portal_token_pkey primary key (portal_id, jti),
    constraint portal_token_portal_id_fkey
        foreign key (portal_id) references portal (id) on delete cascade
);
create index portal_token_by_end_idx on portal_token (expires_at);

-- What a person of a portal may see in a frame, and until when. One browser may have several frames side by side, each of
-- another scope; they share the cookie, of which only a hash is kept.
create table embed_session (
    token_hash bytea not null,
    portal_id uuid not null,
    scope_kind text not null,
    scope_id uuid not null,
    subject text not null,
    name text not null,
    role text not null,
    origin text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint embed_session_pkey primary key (token_hash, portal_id, scope_id),
    constraint embed_session_portal_id_fkey
        foreign key (portal_id) references portal (id) on delete cascade,
    constraint embed_session_scope_kind_known check (scope_kind in ('tenant', 'organization')),
    constraint embed_session_role_known check (role in ('viewer', 'technician'))
);
create index embed_session_by_end_idx on embed_session (expires_at);

-- The audit log names the person of a portal by name, subject and portal.
alter table audit_event drop constraint audit_event_actor_kind_known;
alter table audit_event add
    constraint audit_event_actor_kind_known check (actor_kind in ('administrator', 'command', 'portal'));
