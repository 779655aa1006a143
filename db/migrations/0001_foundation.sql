-- owner: lib
-- Roles. The owner (migrations) creates them; the server speaks to the tables only through assay_app and assay_sequencer.
do $$
begin
  if not exists (select from pg_roles where rolname = 'assay_app') then
    create role assay_app login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_roles where rolname = 'assay_sequencer') then
    create role assay_sequencer login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_roles where rolname = 'assay_backup') then
    create role assay_backup login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
exception when duplicate_object or unique_violation then
  null; -- two databases of one cluster are migrated at once: roles belong to the cluster
end
$$;

-- The owner of somebody's own database steps down into these roles (lib/cluster.ts). A superuser may anyway, and so may
-- whom its administrator made a member; who made the roles (16 and newer) must still be let in.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['assay_app', 'assay_sequencer', 'assay_backup'] loop
    if not pg_has_role(wanted, 'usage') then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end
$$;

revoke create on schema public from public;
grant usage on schema public to assay_app, assay_sequencer, assay_backup;

-- The tenant of the transaction; null (so: no rows) when nobody has set it.
create function current_org() returns text
  language sql stable parallel safe
  return nullif(current_setting('app.org', true), '');

-- The recorded time of the transaction, to the millisecond. Only a test or the demo sets app.now; a server never does.
create function recorded_now() returns timestamptz
  language sql stable parallel safe
  return date_trunc('milliseconds',
    coalesce(nullif(current_setting('app.now', true), '')::timestamptz, transaction_timestamp()));

-- Rows that are history: nobody, not even the owner of the table, changes or removes them.
create function refuse_change() returns trigger
  language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end
$$;

-- Fences a tenant's table: row-level security for everyone, default deny, and the tenant first in the key.
create procedure fence(table_name regclass)
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', table_name);
  execute format('alter table %s force row level security', table_name);
  execute format(
    'create policy tenant on %s using (org_id = (select current_org())) with check (org_id = (select current_org()))',
    table_name);
end
$$;

-- Makes a fenced table append-only.
create procedure append_only(table_name regclass)
  language plpgsql as $$
begin
  execute format(
    'create trigger append_only before update or delete on %s for each row execute function refuse_change()', table_name);
  execute format(
    'create trigger append_only_all before truncate on %s for each statement execute function refuse_change()', table_name);
end
$$;
