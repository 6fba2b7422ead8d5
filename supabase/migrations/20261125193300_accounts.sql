-- Accounts: whoever signs up gets a tenant, or joins the one that has invited that address.

-- What a tenant of each tier may use; changed for one tenant alone in its own row.
create function captionacc.limits_of(tier text, out priority smallint, out storage_quota_bytes bigint)
returns setof record language sql immutable set search_path = '' as $$
    select limits.priority::smallint, limits.quota from (values
        ('free', 0, 20::bigint << 30), ('pro', 10, 1::bigint << 40), ('enterprise', 20, null)
    ) limits (tier, priority, quota)
    where limits.tier = limits_of.tier
$$;

create table captionacc.invitations (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references captionacc.tenants (id) on delete cascade,
    email text not null check (email = lower(email) and email like '_%@_%'),
    role text not null default 'editor' check (role in ('owner', 'editor', 'viewer')),
    invited_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '14 days',
    accepted_at timestamptz
);
create unique index one_open_invitation on captionacc.invitations (tenant_id, email) where accepted_at is null;
create index invitations_email on captionacc.invitations (email) where accepted_at is null;
alter table captionacc.invitations enable row level security;
revoke all on captionacc.invitations from public, anon, authenticated;
grant all on captionacc.invitations to service_role;

create function captionacc.is_owner() returns boolean
language sql stable security definer set search_path = '' as $$
    select exists (
        select from captionacc.profiles where user_id = auth.uid() and role = 'owner'
            and tenant_id = captionacc.current_tenant_id()
    )
$$;

-- Addresses are the business of a tenant's owners alone, who invite and take back.
grant select, delete on captionacc.invitations to authenticated;
grant insert (tenant_id, email, role) on captionacc.invitations to authenticated;
create policy owners_all on captionacc.invitations for all to authenticated
    using (tenant_id = (select captionacc.current_tenant_id()) and (select captionacc.is_owner()))
    with check (tenant_id = (select captionacc.current_tenant_id()) and (select captionacc.is_owner()));

create function captionacc.set_inviter() returns trigger language plpgsql set search_path = '' as $$
begin
    new.invited_by := auth.uid();
    return new;
end $$;
create trigger set_inviter before insert on captionacc.invitations
    for each row execute function captionacc.set_inviter();

-- Makes a user a member: of the tenant of the newest invitation that is still good, else of one of
-- its own. The address must be confirmed by then, so that nobody takes another's invitation.
create function captionacc.welcome() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    address text := lower(coalesce(new.email, ''));
    invitation captionacc.invitations;
    own_tenant uuid;
begin
    if new.email_confirmed_at is null
        or exists (select from captionacc.profiles where user_id = new.id) then
        return null;
    end if;
    update captionacc.invitations set accepted_at = now()
    where id = (
        select id from captionacc.invitations
        where email = address and accepted_at is null and expires_at > now()
        order by created_at desc limit 1 for update
    )
    returning * into invitation;
    if invitation.id is null then
        insert into captionacc.tenants (name, priority, storage_quota_bytes)
        select coalesce(nullif(split_part(address, '@', 1), ''), 'tenant'), priority, storage_quota_bytes
        from captionacc.limits_of('free')
        returning id into own_tenant;
    end if;
    insert into captionacc.profiles (user_id, tenant_id, role, tier)
    select new.id, coalesce(invitation.tenant_id, own_tenant), coalesce(invitation.role, 'owner'),
        coalesce((select tier from captionacc.profiles where tenant_id = invitation.tenant_id limit 1), 'free');
    return null;
end $$;
revoke all on function captionacc.welcome() from public;

create function captionacc.welcome_new_users() returns void
language plpgsql set search_path = '' as $$
begin
    create or replace trigger captionacc_welcome
        after insert or update of email_confirmed_at on auth.users
        for each row execute function captionacc.welcome();
end $$;
revoke all on function captionacc.welcome_new_users() from public;
select captionacc.welcome_new_users();

-- Gives a tenant what its new tier allows; for whoever takes the money.
create function captionacc.set_tier(of_tenant uuid, new_tier text) returns void
language plpgsql set search_path = '' as $$
begin
    update captionacc.tenants set priority = limits.priority, storage_quota_bytes = limits.storage_quota_bytes
    from captionacc.limits_of(new_tier) limits where tenants.id = of_tenant;
    if not found then
        raise exception 'there is no tenant % or no tier %', of_tenant, new_tier using errcode = 'foreign_key_violation';
    end if;
    update captionacc.profiles set tier = new_tier where tenant_id = of_tenant;
end $$;
revoke all on function captionacc.set_tier(uuid, text) from public;
grant execute on function captionacc.set_tier(uuid, text) to service_role;
