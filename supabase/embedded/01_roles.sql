-- The roles that Supabase has. Roles belong to the server, not to one of its databases, so another
-- one that is migrated at this moment may be making them too.
do $$
declare wanted record;
begin
    for wanted in values ('anon', ''), ('authenticated', ''), ('service_role', 'bypassrls') loop
        begin
            execute format('create role %I nologin noinherit %s', wanted.column1, wanted.column2);
        exception when duplicate_object or unique_violation then null;
        end;
    end loop;
end $$;
