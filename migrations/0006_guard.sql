-- How many new people the preview showed that an administrator confirmed at Set Up or Edit; null when they could not be
-- counted then.
alter table user_sync add column confirmed_creates integer;

-- How many rows the guard held of an Organization in a run.
alter table run_organization add column held integer not null default 0;

-- What Undo Run needs besides the changed fields: whether the End User was there, and its mapping before and after.
alter table run_person add column footprint jsonb;

-- The run that this one undid.
alter table run add column undoes uuid;
alter table run add constraint run_undoes_fkey
    foreign key (undoes) references run (id) on delete set null;
create index run_undoes_idx on run (undoes) where undoes is not null;

-- Held now: what the latest plan would write and the guard does not let through. A row gets another id as soon as one
-- of its values changes, so that nobody approves what they have not seen.
create table held_row (
    id uuid not null,
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    part text not null,
    end_user_id uuid,
    name text not null,
    address text not null,
    change jsonb not null,
    rule text not null,
    is_left boolean not null default false,
    run_id uuid not null,
    held_at timestamptz not null default now(),
    constraint held_row_pkey primary key (id),
    constraint held_row_part_key unique (organization_id, microsoft_tenant_id, directory_user_id, part),
    constraint held_row_user_sync_fkey foreign key (organization_id, microsoft_tenant_id)
        references user_sync (organization_id, microsoft_tenant_id) on delete cascade,
    constraint held_row_run_id_fkey foreign key (run_id) references run (id) on delete cascade
);

-- Dropped by an administrator: not planned again while Microsoft's value is still this one.
create table dropped_row (
    id uuid not null,
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    part text not null,
    value text not null,
    end_user_id uuid,
    name text not null,
    address text not null,
    change jsonb not null,
    dropped_at timestamptz not null default now(),
    constraint dropped_row_pkey primary key (id),
    constraint dropped_row_part_key unique (organization_id, microsoft_tenant_id, directory_user_id, part),
    constraint dropped_row_user_sync_fkey foreign key (organization_id, microsoft_tenant_id)
        references user_sync (organization_id, microsoft_tenant_id) on delete cascade
);

-- Fields that the sync restored because another program wrote them, and in how many runs running.
create table contended_field (
    organization_id uuid not null,
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    field text not null,
    end_user_id uuid not null,
    value text not null,
    runs integer not null,
    state text not null,
    constraint contended_field_pkey
        primary key (organization_id, microsoft_tenant_id, directory_user_id, field),
    constraint contended_field_end_user_id_fkey
        foreign key (end_user_id) references end_user (id) on delete cascade,
    constraint contended_field_user_sync_fkey foreign key (organization_id, microsoft_tenant_id)
        references user_sync (organization_id, microsoft_tenant_id) on delete cascade,
    constraint contended_field_state_known check (state in ('counting', 'open', 'microsoft', 'other'))
);
create index contended_field_by_end_user_idx on contended_field (end_user_id);

-- What a run wrote of Assets' assignments: the rows before and after, for Undo Run. A run tells its id to its
-- transaction, so that whatever writes an assignment in it is kept, the deletion of an End User included.
create table run_asset_assignment (
    run_id uuid not null,
    asset_id uuid not null,
    organization_id uuid not null,
    before jsonb,
    after jsonb,
    constraint run_asset_assignment_pkey primary key (run_id, asset_id),
    constraint run_asset_assignment_run_id_fkey foreign key (run_id) references run (id) on delete cascade,
    constraint run_asset_assignment_asset_id_fkey foreign key (asset_id) references asset (id) on delete cascade
);
create index run_asset_assignment_asset_id_idx on run_asset_assignment (asset_id);

create function keep_what_a_run_assigned() returns trigger language plpgsql as $$
declare
    run uuid := nullif(current_setting('entrain.run_id', true), '')::uuid;
begin
    if run is not null then
        insert into run_asset_assignment as kept (run_id, asset_id, organization_id, before, after)
        select run, a.id, a.organization_id, to_jsonb(old), to_jsonb(new)
        from asset a where a.id = coalesce(new.asset_id, old.asset_id)
        on conflict (run_id, asset_id) do update set after = excluded.after;
    end if;
    return null;
end
$$;
create trigger asset_assignment_is_kept after insert or update or delete on asset_assignment
    for each row execute function keep_what_a_run_assigned();
