-- A run that ended as Microsoft asked to wait for longer than a run stays for. It has neither succeeded nor failed: what it
-- had read is kept, and the next one goes on at the time that Microsoft named.
alter table run drop constraint run_state_known;
alter table run add
    constraint run_state_known check (state in ('running', 'succeeded', 'failed', 'put_off'));

-- As before, but also where no user sync was ever set up: its first run may plan before the transaction that writes now
-- commits, and would have nobody to tell it of that. What was told in vain is deleted by the worker's schedule.
create or replace function touch_organization(touched uuid, concern text, person uuid, account uuid)
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
    select o.id, concern, person, account from organization o where o.id = touched;
    -- An Organization that goes in this transaction has nobody to tell.
    if not found then
        return;
    end if;
    perform set_config('entrain.touched', this, true), set_config('entrain.touches', number::text, true);
end
$$;
