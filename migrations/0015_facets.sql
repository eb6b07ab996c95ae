-- What the dialog of filters offers, with its counts, as counted when the directory last stood still. A row is there
-- for as long as it is exact: whoever writes something that is counted deletes it in the same transaction, and the end of
-- the next pass counts anew.
create table directory_facets (
    microsoft_tenant_id uuid not null,
    facets jsonb not null,
    constraint directory_facets_pkey primary key (microsoft_tenant_id),
    constraint directory_facets_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade
);

-- Once in a row for the same Microsoft tenant in one transaction. The conditions of the triggers keep later statements
-- from calling it. Those of one statement are judged for all of its rows before the first call, so it looks itself too.
create function forget_facets() returns trigger language plpgsql as $$
declare
    changed uuid := case tg_op when 'DELETE' then old.microsoft_tenant_id else new.microsoft_tenant_id end;
begin
    if current_setting('entrain.facets_forgotten', true) = changed::text then
        return null;
    end if;
    delete from directory_facets where microsoft_tenant_id = changed;
    perform set_config('entrain.facets_forgotten', changed::text, true);
    return null;
end
$$;

create trigger directory_user_added_forgets_facets after insert on directory_user for each row
    when (current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_user_removed_forgets_facets after delete on directory_user for each row
    when (current_setting('entrain.facets_forgotten', true) is distinct from old.microsoft_tenant_id::text)
    execute function forget_facets();
-- The time of creation decides whose spelling is shown.
create trigger directory_user_changed_forgets_facets after update on directory_user for each row
    when ((old.user_type, old.mail, old.upn, old.other_mails, old.office_location, old.department, old.groups,
           old.licenses = '{}', old.deleted_at is null, old.created_at)
          is distinct from
          (new.user_type, new.mail, new.upn, new.other_mails, new.office_location, new.department, new.groups,
           new.licenses = '{}', new.deleted_at is null, new.created_at)
          and current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_group_added_forgets_facets after insert on directory_group for each row
    when (current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_group_removed_forgets_facets after delete on directory_group for each row
    when (current_setting('entrain.facets_forgotten', true) is distinct from old.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_group_changed_forgets_facets after update on directory_group for each row
    when ((old.name, old.gone_at is null) is distinct from (new.name, new.gone_at is null)
          and current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();

-- The state of an Organization is the set of the rows that it has here: every transaction that writes something that
-- its plan rests on adds one, a run's too, so that a snapshot in memory can tell whether it still is the state. A
-- number that grows would not do, as it is not committed in its order, and a copied database may draw it twice after a
-- crash. Nobody waits for anybody: rows are only added, and old ones deleted where nobody else is at it. Runs can't delete, so the schedule of the worker does. Whoever deletes
-- adds one, so no set ever comes back. No foreign key: to look for it, a run would lock the Organization, and end where
-- somebody edits that meanwhile.
create table organization_state (
    id uuid not null default gen_random_uuid(),
    organization_id uuid not null,
    constraint organization_state_pkey primary key (id)
);
create index organization_state_organization_id_idx on organization_state (organization_id);

create function move_organization_state(moved uuid) returns void language plpgsql as $$
begin
    if moved is null or current_setting('entrain.state_moved', true) = moved::text then
        return;
    end if;
    -- A transaction of one snapshot would end where another one deleted meanwhile.
    if current_setting('transaction_isolation') = 'read committed' then
        delete from organization_state where id = any (array(
            select s.id from organization_state s where s.organization_id = moved for update skip locked));
    end if;
    -- An Organization that is being deleted is there no more.
    insert into organization_state (organization_id) select o.id from organization o where o.id = moved;
    perform set_config('entrain.state_moved', moved::text, true);
end
$$;

create function move_own_organization_state() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform move_organization_state(old.organization_id);
    end if;
    if tg_op <> 'DELETE' then
        perform move_organization_state(new.organization_id);
    end if;
    return null;
end
$$;

create function forget_organization_state() returns trigger language plpgsql as $$
begin
    delete from organization_state where organization_id = old.id;
    return null;
end
$$;
create trigger organization_removed_forgets_state after delete on organization for each row
    execute function forget_organization_state();

do $$
declare
    moving record;
begin
    for moving in
        select * from (values
            ('end_user'), ('end_user_mapping'), ('exclusion'), ('dropped_row'), ('contended_field'), ('held_row')
        ) as moving (table_name)
    loop
        execute format(
            'create trigger %1$s_added_moves_state after insert on %1$I for each row'
                || ' when (current_setting(''entrain.state_moved'', true) is distinct from new.organization_id::text)'
                || ' execute function move_own_organization_state()',
            moving.table_name
        );
        execute format(
            'create trigger %1$s_changed_moves_state after update on %1$I for each row'
                || ' when (old.organization_id <> new.organization_id'
                || ' or current_setting(''entrain.state_moved'', true) is distinct from new.organization_id::text)'
                || ' execute function move_own_organization_state()',
            moving.table_name
        );
        execute format(
            'create trigger %1$s_removed_moves_state after delete on %1$I for each row'
                || ' when (current_setting(''entrain.state_moved'', true) is distinct from old.organization_id::text)'
                || ' execute function move_own_organization_state()',
            moving.table_name
        );
    end loop;
end
$$;
