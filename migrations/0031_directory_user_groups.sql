-- The groups of a user, through groups of groups, in rows of their own: who joins or leaves a group, and everybody at the
-- first run, costs a narrow row, and not a new version of the account's with an entry in each of its indexes.
create table directory_user_groups (
    microsoft_tenant_id uuid not null,
    directory_user_id uuid not null,
    groups uuid[] not null,
    -- The version of the directory that its last change brought, as in directory_user.
    changed_version bigint not null,
    constraint directory_user_groups_pkey primary key (microsoft_tenant_id, directory_user_id),
    constraint directory_user_groups_directory_user_fkey foreign key (microsoft_tenant_id, directory_user_id)
        references directory_user (microsoft_tenant_id, id) on delete cascade
);

insert into directory_user_groups (microsoft_tenant_id, directory_user_id, groups, changed_version)
select microsoft_tenant_id, id, groups, changed_version from directory_user where groups <> '{}';

create index directory_user_groups_by_changed_version_idx
    on directory_user_groups (microsoft_tenant_id, changed_version);

-- As before, without the groups, which have triggers of their own.
drop trigger directory_user_changed_forgets_facets on directory_user;
create trigger directory_user_changed_forgets_facets after update on directory_user for each row
    when ((old.user_type, old.mail, old.upn, old.other_mails, old.office_location, old.department,
           old.licenses = '{}', old.deleted_at is null, old.created_at)
          is distinct from
          (new.user_type, new.mail, new.upn, new.other_mails, new.office_location, new.department,
           new.licenses = '{}', new.deleted_at is null, new.created_at)
          and current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_user_groups_added_forgets_facets after insert on directory_user_groups for each row
    when (current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
create trigger directory_user_groups_changed_forgets_facets after update on directory_user_groups for each row
    when (old.groups <> new.groups
          and current_setting('entrain.facets_forgotten', true) is distinct from new.microsoft_tenant_id::text)
    execute function forget_facets();
-- Rows go with their users alone, who forget them.

alter table directory_user drop column groups;

-- Nobody has counted the rows of a new table yet, and the first plans over it would take it for empty.
analyze directory_user_groups;
