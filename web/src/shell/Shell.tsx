// What is around every page: the name, what is uploading, the menu.

import { Captions, Menu as MenuIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type ReactNode, useState, useSyncExternalStore } from "react";
import { Link, Outlet } from "react-router";
import { events } from "../events/events.ts";
import { useSession } from "../session/SessionGate.tsx";
import { useShortcutHelp } from "../ui/shortcuts.tsx";
import { chooseTheme, currentTheme, type Theme } from "../ui/theme.ts";
import { useLiveVideos } from "../videos/queries.ts";
import "./shell.css";

export function Shell() {
  useLiveVideos();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="topbar">
        <Link to="/" className="brand">
          <Captions aria-hidden size={22} />
          CaptionA.cc
        </Link>
        <div className="topbar-middle" id="topbar-middle" />
        <Offline />
        <MainMenu />
      </header>
      <Outlet />
    </>
  );
}

export function Main({ children, className = "" }: { children: ReactNode; className?: string }) {
  return (
    <main id="main" tabIndex={-1} className={`main ${className}`}>
      {children}
    </main>
  );
}

function Offline() {
  const connection = useSyncExternalStore(
    (watcher) => events.onConnection(watcher),
    () => events.connection,
  );
  return (
    <div role="status">
      {connection === "offline" ? <span className="badge warning">Offline</span> : null}
    </div>
  );
}

function MainMenu() {
  const openHelp = useShortcutHelp();
  const { email, signOut } = useSession();
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const choose = (value: string) => {
    chooseTheme(value as Theme);
    setTheme(value as Theme);
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="button quiet icon" aria-label="Menu">
        <MenuIcon size={20} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <DropdownMenu.Item className="menu-item" onSelect={openHelp}>
            Keyboard shortcuts <kbd>?</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.RadioGroup value={theme} onValueChange={choose}>
            {THEMES.map(([value, label]) => (
              <DropdownMenu.RadioItem key={value} value={value} className="menu-item">
                <span className="menu-mark">{theme === value ? "✓" : ""}</span>
                {label}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          {signOut === null ? null : (
            <>
              <DropdownMenu.Separator className="menu-line" />
              <DropdownMenu.Item className="menu-item" onSelect={() => void signOut()}>
                Sign out{email === null ? "" : ` (${email})`}
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const THEMES: [Theme, string][] = [
  ["system", "Theme of the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];
