-- Who may sign in is an account now: an administrator of everything, or a technician or viewer of the Organizations given
-- to them. Without a password an account signs in with another provider only.
alter table administrator rename to account;
alter table account rename constraint administrator_pkey to account_pkey;
alter index administrator_email_key rename to account_email_key;
alter table account alter column password_hash drop not null;
alter table account add column role text not null default 'administrator';
alter table account alter column role drop default;
alter table account add constraint account_role_known
    check (role in ('administrator', 'technician', 'viewer'));
-- Since when the account may not sign in; its sessions are over then.
alter table account add column disabled_at timestamptz;

-- The Organizations that were given to a technician or viewer. Administrators have all and none of these rows.
create table account_organization (
    account_id uuid not null,
    organization_id uuid not null,
    constraint account_organization_pkey primary key (account_id, organization_id),
    constraint account_organization_account_id_fkey
        foreign key (account_id) references account (id) on delete cascade,
    constraint account_organization_organization_id_fkey
        foreign key (organization_id) references organization (id) on delete cascade
);
create index account_organization_organization_id_idx on account_organization (organization_id);

alter table session rename column administrator_id to account_id;
alter table session rename constraint session_administrator_id_fkey to session_account_id_fkey;
create index session_account_id_idx on session (account_id);

-- From where: the address of the client as our own socket saw it; nothing for a command line.
alter table audit_event add column client_address text;

-- Whether somebody with these Organizations (null is all) has a Tenant whole: every Organization of it, and one at least.
create function is_whole_tenant(uuid, uuid[]) returns boolean language sql stable as $$
    select $2 is null
        or (exists (select 1 from organization o where o.tenant_id = $1 and o.id = any ($2))
            and not exists (select 1 from organization o where o.tenant_id = $1 and o.id <> all ($2)))
$$;

-- Whether somebody with these Organizations (null is all) sees a person of the directory in an Organization: where the
-- person is mapped there, or the whole Tenant is theirs.
create function sees_person(uuid, uuid, uuid[]) returns boolean language sql stable as $$
    select $3 is null
        or ($1 = any ($3)
            and (exists (select 1 from end_user_mapping m where m.organization_id = $1 and m.directory_user_id = $2)
                 or is_whole_tenant((select o.tenant_id from organization o where o.id = $1), $3)))
$$;
