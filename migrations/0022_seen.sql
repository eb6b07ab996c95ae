-- What a run counted of an Organization, as somebody sees it who has part of its Tenant: how many are in conflict or held
-- told of people whom that person does not see.

-- Who stands in conflict or held, whatever the size of the directory.
create index standing_outcome_undecided_idx on standing_outcome (organization_id, microsoft_tenant_id)
    where outcome in ('conflict', 'held');

-- How many people of an Organization ($2) and a Microsoft tenant ($3) somebody with these Organizations ($5) sees of those
-- whom a run ($1) found in conflict or held ($4): those of whom it tells, and those who stand so since before.
create function seen_undecided(uuid, uuid, uuid, text, uuid[]) returns bigint language sql stable as $$
    select count(*) from (
        select p.directory_user_id from run_person p
        where p.run_id = $1 and p.organization_id = $2 and p.outcome = $4
        union all
        select s.directory_user_id from standing_outcome s
        where s.organization_id = $2 and s.microsoft_tenant_id = $3 and s.outcome = $4
          and s.outcome in ('conflict', 'held')
          and not exists (select 1 from run_person p where p.run_id = $1 and p.organization_id = $2
                                                       and p.directory_user_id = s.directory_user_id)
    ) found where sees_person($2, $3, found.directory_user_id, $5)
$$;

-- The counts ($5) of an Organization ($2) in a run ($1) of a Microsoft tenant ($3) of a Tenant ($4), as somebody with these
-- Organizations ($6; null is all) sees them. How many are skipped, out of scope and unchanged adds up to the size of the
-- directory, which is told to those who have its Tenant whole. Those who stand so since before are read from today, so that
-- no more is told than was counted.
create function seen_counts(uuid, uuid, uuid, uuid, jsonb, uuid[]) returns jsonb language sql stable as $$
    select case when $6 is null or is_whole_tenant($4, $6) then $5
                else ($5 - '{skip,outOfScope,unchanged}'::text[])
                     || jsonb_build_object(
                            'partial', true,
                            'conflict', case when ($5 ->> 'conflict')::bigint > 0
                                             then least(($5 ->> 'conflict')::bigint,
                                                        seen_undecided($1, $2, $3, 'conflict', $6))
                                             else 0 end,
                            'held', case when ($5 ->> 'held')::bigint > 0
                                         then least(($5 ->> 'held')::bigint, seen_undecided($1, $2, $3, 'held', $6))
                                         else 0 end) end
$$;

-- The one before it did not ask of whom the numbers are.
drop function seen_counts(jsonb, uuid, uuid[]);

-- How many rows a run held ($1) of an Organization ($2), Microsoft tenant ($3) and Tenant ($4), as somebody with these
-- Organizations ($5; null is all) sees it: of those held then, what is held still of people who are seen.
create function seen_held(integer, uuid, uuid, uuid, uuid[]) returns integer language sql stable as $$
    select case when $5 is null or is_whole_tenant($4, $5) or $1 = 0 then $1
                else least($1, (select count(*) from held_row h
                                where h.organization_id = $2 and h.microsoft_tenant_id = $3
                                  and sees_person($2, $3, h.directory_user_id, $5))::integer) end
$$;
