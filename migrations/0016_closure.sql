-- A run plans the closure of who changed, so whoever changed, and whoever touches an address, has to be found.

-- The address of an account in the form that compares, as the program wrote it with the row; empty where there is none.
-- Rows of before have none: the program reads values otherwise from this version on, so that everything is read once
-- more, and every Organization planned whole once, before any closure is.
alter table directory_user add column address_key text not null default '';
-- The version of the directory that its last change brought.
alter table directory_user add column changed_version bigint not null default 0;
create index directory_user_by_address_key_idx on directory_user (microsoft_tenant_id, address_key)
    where address_key <> '' and deleted_at is null;
create index directory_user_by_changed_version_idx on directory_user (microsoft_tenant_id, changed_version);

-- As of which version devices last changed, and as of which something did that concerns everybody.
alter table directory_version add column devices_version bigint not null default 0;
alter table directory_version add column everybody_version bigint not null default 0;

-- The address of an End User in the form that compares, which Postgres can tell of printable ASCII without blanks. All
-- others have the key of one blank, which no address has, and belong to every closure: a letter of theirs may compare
-- as one of ASCII does. Not strict, so that it is written out in its index and in queries.
create function address_key(address text) returns text language sql immutable parallel safe
    return case when address ~ '^[!-~]*$'
        then translate(address, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') else ' ' end;
create index end_user_by_address_key_idx on end_user (organization_id, address_key(email));

-- How many stand how since the last plan, so that a closure need not count them; null while nobody has.
alter table user_sync add column standing_counts jsonb;

-- Who stands in a conflict or is held, and may come out of it when somebody else changes.
create index standing_outcome_pending_idx on standing_outcome (organization_id, microsoft_tenant_id)
    where outcome in ('conflict', 'held');

-- What a touch concerns: everybody, one person (by the End User, the account, or both), or the Assets. "later" makes no
-- Organization due: these people are looked at again when it is.
alter table organization_touch add column concerns text not null default 'everybody';
alter table organization_touch add column end_user_id uuid;
alter table organization_touch add column directory_user_id uuid;
alter table organization_touch add constraint organization_touch_concerns_known
    check (concerns in ('everybody', 'person', 'assets', 'later'));

-- Once in a row for the same in one transaction, and from the thousandth touch of a transaction on for everybody. Where
-- the user sync is disabled, everybody is enough, as enabling it plans them anyway. It is a touch all the same: the sync
-- may be enabled, and planned, before this transaction commits. An Organization that never had one has nothing to tell.
create function touch_organization(touched uuid, concern text, person uuid, account uuid)
    returns void language plpgsql as $$
declare
    number integer := coalesce(nullif(current_setting('entrain.touches', true), ''), '0')::integer + 1;
    this text;
begin
    if touched is null then
        return;
    end if;
    if number > 1000 or not exists (select 1 from user_sync s where s.organization_id = touched and s.enabled) then
        concern := 'everybody';
        person := null;
        account := null;
    end if;
    this := concat(touched, ' ', concern, ' ', person, ' ', account);
    if current_setting('entrain.touched', true) = this then
        return;
    end if;
    insert into organization_touch (organization_id, concerns, end_user_id, directory_user_id)
    select o.id, concern, person, account from organization o
    where o.id = touched and exists (select 1 from user_sync s where s.organization_id = o.id);
    -- Where nothing was told, the next of the same is looked at again.
    if not found then
        return;
    end if;
    perform set_config('entrain.touched', this, true), set_config('entrain.touches', number::text, true);
end
$$;

-- The other tables tell by their account: exclusions, dropped rows and contended fields.
create or replace function touch_own_organization() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        if tg_table_name = 'end_user' then
            perform touch_organization(old.organization_id, 'person', old.id, null);
        elsif tg_table_name = 'asset' then
            perform touch_organization(old.organization_id, 'assets', null, null);
        elsif tg_table_name = 'end_user_mapping' then
            perform touch_organization(old.organization_id, 'person', old.end_user_id, old.directory_user_id);
        else
            perform touch_organization(old.organization_id, 'person', null, old.directory_user_id);
        end if;
    end if;
    if tg_op <> 'DELETE' then
        if tg_table_name = 'end_user' then
            perform touch_organization(new.organization_id, 'person', new.id, null);
        elsif tg_table_name = 'asset' then
            perform touch_organization(new.organization_id, 'assets', null, null);
        elsif tg_table_name = 'end_user_mapping' then
            perform touch_organization(new.organization_id, 'person', new.end_user_id, new.directory_user_id);
        else
            perform touch_organization(new.organization_id, 'person', null, new.directory_user_id);
        end if;
    end if;
    return null;
end
$$;

create or replace function touch_organization_of_asset() returns trigger language plpgsql as $$
begin
    perform touch_organization(
        (select organization_id from asset where id = case tg_op when 'DELETE' then old.asset_id else new.asset_id end),
        'assets', null, null
    );
    return null;
end
$$;

drop function touch_organization(uuid);
