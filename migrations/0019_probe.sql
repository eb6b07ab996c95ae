-- What came of the last question about each permission and licence feature of a Microsoft tenant, and when it last
-- worked. What a screen shows as the state is always asked anew; this keeps when it last worked.
create table microsoft_probe (
    microsoft_tenant_id uuid not null,
    probe text not null,
    last_tried_at timestamptz not null,
    last_success_at timestamptz,
    outcome text not null,
    constraint microsoft_probe_pkey primary key (microsoft_tenant_id, probe),
    constraint microsoft_probe_microsoft_tenant_id_fkey
        foreign key (microsoft_tenant_id) references microsoft_tenant (id) on delete cascade,
    constraint microsoft_probe_outcome_known check (outcome in ('works', 'refused', 'needs_license', 'no_answer'))
);
