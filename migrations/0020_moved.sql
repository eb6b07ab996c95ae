-- Whether somebody with these Organizations (null is all) sees a person of a Microsoft tenant in an Organization: where the
-- person is mapped there, or where the Organization's Tenant is theirs whole and it is this Microsoft tenant that it is
-- mapped to. An Organization that has moved to another Tenant opens nothing of the directory that it was synced from.
create function sees_person(uuid, uuid, uuid, uuid[]) returns boolean language sql stable as $$
    select $4 is null
        or ($1 = any ($4)
            and (exists (select 1 from end_user_mapping m
                         where m.organization_id = $1 and m.microsoft_tenant_id = $2 and m.directory_user_id = $3)
                 or exists (select 1 from organization o join microsoft_tenant t on t.tenant_id = o.tenant_id
                            where o.id = $1 and t.id = $2 and is_whole_tenant(o.tenant_id, $4))))
$$;

-- The one before it did not ask of which directory the person is.
drop function sees_person(uuid, uuid, uuid[]);

-- What a run counted of an Organization, as somebody with these Organizations (null is all) sees it. How many are skipped,
-- out of scope and unchanged adds up to the size of the directory, which is told to those who have its Tenant whole.
create function seen_counts(jsonb, uuid, uuid[]) returns jsonb language sql stable as $$
    select case when $3 is null or is_whole_tenant($2, $3) then $1
                else ($1 - '{skip,outOfScope,unchanged}'::text[]) || '{"partial": true}'::jsonb end
$$;
