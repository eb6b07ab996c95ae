-- Assets: devices of an Organization. They come from the agent, an import, the screen or the API, never from the sync.
create table asset (
    id uuid not null,
    organization_id uuid not null,
    name text not null,
    serial_number text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- Whoever wrote it last, and when: a person, an import, another program.
    written_by text not null default '',
    written_at timestamptz not null default now(),
    constraint asset_pkey primary key (id),
    constraint asset_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade,
    constraint asset_name_not_blank check (name ~ '\S')
);
create index asset_by_name_idx on asset (lower(name), id);
create index asset_by_organization_idx on asset (organization_id, lower(name), id);
create index asset_by_serial_number_idx on asset (lower(serial_number));
create index asset_of_organization_by_serial_number_idx on asset (organization_id, lower(serial_number));

-- MAC addresses in one form: 12 hexadecimal digits, lower case. Not unique: two Assets with one address is a conflict
-- that a person has to see, not a row that can't be imported.
create table asset_mac (
    asset_id uuid not null,
    mac text not null,
    constraint asset_mac_pkey primary key (asset_id, mac),
    constraint asset_mac_asset_id_fkey foreign key (asset_id) references asset (id) on delete cascade,
    constraint asset_mac_canonical check (mac ~ '^[0-9a-f]{12}$')
);
create index asset_mac_by_mac_idx on asset_mac (mac);

-- How an Asset stands; without a row it is unassigned and the sync may decide. "manual" without an End User is a person's
-- decision that nobody has it. The evidence is what the sync went by.
create table asset_assignment (
    asset_id uuid not null,
    kind text not null,
    end_user_id uuid,
    assigned_by text not null default '',
    assigned_at timestamptz not null default now(),
    evidence jsonb,
    stale_at timestamptz,
    constraint asset_assignment_pkey primary key (asset_id),
    constraint asset_assignment_asset_id_fkey foreign key (asset_id) references asset (id) on delete cascade,
    constraint asset_assignment_end_user_id_fkey
        foreign key (end_user_id) references end_user (id) on delete cascade,
    constraint asset_assignment_kind_known check (kind in ('manual', 'sync', 'conflict')),
    constraint asset_assignment_has_what_it_needs check (case kind
        when 'manual' then evidence is null and stale_at is null
        when 'sync' then end_user_id is not null and evidence is not null
        else end_user_id is null and evidence is not null and stale_at is null end)
);
create index asset_assignment_end_user_id_idx on asset_assignment (end_user_id);

-- What the sync did to an Asset, and what the deletion of its End User did; what people did is in the audit log.
create table asset_event (
    id uuid not null default gen_random_uuid(),
    asset_id uuid not null,
    run_id uuid,
    at timestamptz not null default now(),
    change text not null,
    old_end_user text not null default '',
    new_end_user text not null default '',
    evidence jsonb,
    constraint asset_event_pkey primary key (id),
    constraint asset_event_asset_id_fkey foreign key (asset_id) references asset (id) on delete cascade,
    constraint asset_event_run_id_fkey foreign key (run_id) references run (id) on delete set null,
    constraint asset_event_change_known
        check (change in ('assigned', 'unassigned', 'conflict', 'stale', 'end_user_deleted'))
);
create index asset_event_by_asset_idx on asset_event (asset_id, at desc);
create index asset_event_by_run_idx on asset_event (run_id);

-- The assignment goes with its End User; that it was there stays told, whoever deletes End Users and however many.
create function tell_of_the_deleted_end_users_assets() returns trigger language plpgsql as $$
begin
    insert into asset_event (asset_id, change, old_end_user)
    select s.asset_id, 'end_user_deleted', old.name
    from asset_assignment s join asset a on a.id = s.asset_id
    where s.end_user_id = old.id;
    return old;
end
$$;
create trigger end_user_leaves_assets before delete on end_user
    for each row execute function tell_of_the_deleted_end_users_assets();

-- Managed devices of a Microsoft tenant, as last listed. ethernet_as_of is the last_sync_at for which the Ethernet
-- address was read, as that takes a read per device.
create table directory_device (
    microsoft_tenant_id uuid not null,
    id uuid not null,
    device_name text not null default '',
    serial_number text not null default '',
    directory_user_id uuid,
    wifi_mac text,
    ethernet_mac text,
    ethernet_as_of timestamptz,
    ethernet_read_at timestamptz,
    last_sync_at timestamptz,
    constraint directory_device_pkey primary key (microsoft_tenant_id, id),
    constraint directory_device_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade,
    constraint directory_device_wifi_mac_canonical check (wifi_mac ~ '^[0-9a-f]{12}$'),
    constraint directory_device_ethernet_mac_canonical check (ethernet_mac ~ '^[0-9a-f]{12}$')
);
create index directory_device_by_user_idx on directory_device (microsoft_tenant_id, directory_user_id);
create index directory_device_by_wifi_mac_idx on directory_device (wifi_mac);
create index directory_device_by_ethernet_mac_idx on directory_device (ethernet_mac);
create index directory_device_by_serial_number_idx on directory_device (lower(serial_number));
