-- From where consent through the partner was asked for: what comes of it is written into the audit log later.
alter table partner_customer add column chosen_by_address text;
