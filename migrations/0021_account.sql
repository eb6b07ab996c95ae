-- The audit log also tells of refused sign-ins, of which nobody knows whose they are.
alter table audit_event drop constraint audit_event_actor_kind_known;
alter table audit_event add
    constraint audit_event_actor_kind_known check (actor_kind in ('administrator', 'command', 'portal', 'nobody'));

-- An invitation ends. Those of before have as long from now on.
alter table account_invitation add column expires_at timestamptz not null default now() + interval '14 days';

-- Since when Microsoft does not let us in though consent is there: a page that tries again has to stop some day.
alter table consent_request add column not_yet_since timestamptz;
