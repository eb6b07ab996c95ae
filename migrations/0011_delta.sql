-- Where the pass over the users, or the groups, of a Microsoft tenant goes on: the link is Microsoft's, and opaque. It is
-- kept in the transaction that stores what came before it.
create table directory_pass (
    microsoft_tenant_id uuid not null,
    kind text not null,
    link text not null,
    -- Where the link leads: on in the first round over everything, on in a later round over what has changed, or, when a
    -- round is done, to what will have changed.
    stands text not null,
    -- When the round was begun that brought the link, by our own clock: links are used for six days.
    began_at timestamptz not null,
    -- How values were read then; read otherwise, everything is read again.
    form text not null,
    -- Of groups: the members, users and groups, whose groups changed since memberships were last closed; null for all.
    unclosed uuid[],
    constraint directory_pass_pkey primary key (microsoft_tenant_id, kind),
    constraint directory_pass_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade,
    constraint directory_pass_kind_known check (kind in ('users', 'groups')),
    constraint directory_pass_stands_known check (stands in ('first_round', 'later_round', 'done'))
);

-- Counts the transactions that changed what the plans of a Microsoft tenant rest on. Apart from microsoft_tenant, which
-- people lock while they map, unmap and remove.
create table directory_version (
    microsoft_tenant_id uuid not null,
    version bigint not null,
    constraint directory_version_pkey primary key (microsoft_tenant_id),
    constraint directory_version_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

-- Members of groups whose membership is hidden are read by a listing of their own.
alter table directory_group add column hidden_membership boolean not null default false;

-- The groups of a member, upwards.
create index directory_group_member_by_member_idx on directory_group_member (microsoft_tenant_id, member_id);

-- Of whose licences nothing is known.
create index directory_user_unknown_idx on directory_user (microsoft_tenant_id)
    where row_hash = '00000000-0000-0000-0000-000000000000' and deleted_at is null;

-- As of which version of the directory, read in which form, an Organization was last applied.
alter table user_sync add column applied_version bigint;
alter table user_sync add column applied_form text;

-- Whether a run planned an Organization, or found that nothing had changed.
alter table run_organization add column planned boolean not null default true;

-- The run at work of a Microsoft tenant, among all that ever were.
create index run_at_work_idx on run (microsoft_tenant_id) where state = 'running';

-- Organizations in which somebody else than a run wrote something that a plan rests on. Rows are only added and deleted,
-- so that nobody who writes waits for a run, nor a run for them: a run deletes those that it sees before it plans.
create table organization_touch (
    id bigint generated always as identity,
    organization_id uuid not null,
    constraint organization_touch_pkey primary key (id),
    constraint organization_touch_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);
create index organization_touch_organization_id_idx on organization_touch (organization_id);

-- Once in a row for the same Organization in one transaction. Where no user sync is enabled, enabling it plans anyway.
create function touch_organization(touched uuid) returns void language plpgsql as $$
begin
    if touched is null or current_setting('entrain.touched', true) = touched::text then
        return;
    end if;
    insert into organization_touch (organization_id)
    select o.id from organization o
    where o.id = touched and exists (select 1 from user_sync s where s.organization_id = o.id and s.enabled);
    perform set_config('entrain.touched', touched::text, true);
end
$$;

create function touch_own_organization() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform touch_organization(old.organization_id);
    end if;
    if tg_op <> 'DELETE' then
        perform touch_organization(new.organization_id);
    end if;
    return null;
end
$$;

create function touch_organization_of_asset() returns trigger language plpgsql as $$
begin
    perform touch_organization(
        (select organization_id from asset where id = case tg_op when 'DELETE' then old.asset_id else new.asset_id end)
    );
    return null;
end
$$;

-- A run tells its id to its transaction; what a run writes is no touch.
do $$
declare
    touching record;
begin
    for touching in
        select * from (values
            ('end_user', 'touch_own_organization'), ('end_user_mapping', 'touch_own_organization'),
            ('exclusion', 'touch_own_organization'), ('dropped_row', 'touch_own_organization'),
            ('contended_field', 'touch_own_organization'), ('asset', 'touch_own_organization'),
            ('asset_mac', 'touch_organization_of_asset'), ('asset_assignment', 'touch_organization_of_asset')
        ) as touching (table_name, function_name)
    loop
        execute format(
            'create trigger %1$s_touches_organization after insert or update or delete on %1$I for each row'
                || ' when (coalesce(current_setting(''entrain.run_id'', true), '''') = '''')'
                || ' execute function %2$I()',
            touching.table_name, touching.function_name
        );
    end loop;
end
$$;
