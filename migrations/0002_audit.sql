-- Who changed what, kept for good: no foreign keys, so that it outlives what it tells of, and nothing may rewrite it.
create table audit_event (
    id uuid not null,
    at timestamptz not null default now(),
    actor_kind text not null,
    actor_id uuid,
    actor_name text not null,
    action text not null,
    subject_kind text not null,
    subject_id uuid not null,
    subject_name text not null,
    organization_id uuid,
    changes jsonb not null default '[]',
    constraint audit_event_pkey primary key (id),
    constraint audit_event_actor_kind_known check (actor_kind in ('administrator', 'command'))
);
create index audit_event_by_time_idx on audit_event (at desc, id desc);
create index audit_event_by_subject_idx on audit_event (subject_id, at desc);
create index audit_event_by_organization_idx on audit_event (organization_id, at desc);

create function refuse_change_of_audit() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is not changed';
end
$$;
create trigger audit_event_is_kept before update or delete or truncate on audit_event
    for each statement execute function refuse_change_of_audit();

-- Whoever wrote an End User besides the sync: a person, an import, another program. Empty for those whom the sync made
-- and nobody touched since.
alter table end_user add column written_by text not null default '';
alter table end_user add column written_at timestamptz;

-- The name under which an excluded person is listed.
alter table exclusion add column name text not null default '';
