// Keyboard shortcuts: declared where they are handled, and all of them shown by "?".

import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp } from "lucide-react";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Dialog } from "./dialog.tsx";
import { keyNames, matches } from "./keys.ts";

export interface Shortcut {
  /** One combination or several that do the same; see keys.ts. */
  keys: string | string[];
  label: string;
  run: (event: KeyboardEvent) => void;
  /** Whether it also works while somebody types into a field. */
  inFields?: boolean;
}

interface Registered {
  group: string;
  current: Shortcut[];
}

interface Registry {
  add(registered: Registered): () => void;
  openHelp(): void;
}

const Context = createContext<Registry | null>(null);

export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const groups = useRef<Registered[]>([]);
  const [help, setHelp] = useState<Registered[] | null>(null);

  const registry = useMemo<Registry>(
    () => ({
      add(registered) {
        groups.current.push(registered);
        return () => {
          groups.current = groups.current.filter((one) => one !== registered);
        };
      },
      openHelp: () => setHelp(merged(groups.current)),
    }),
    [],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isInDialog(event.target)) return;
      if (presses(event)) return;
      const found = find(groups.current, event);
      if (found === undefined) return;
      event.preventDefault();
      found.run(event);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <Context value={registry}>
      {children}
      <HelpKey />
      <Dialog
        title="Keyboard shortcuts"
        isOpen={help !== null}
        onClose={() => setHelp(null)}
        className="wide"
      >
        <div className="shortcut-groups">
          {(help ?? []).map((group) => (
            <Group key={group.group} group={group} />
          ))}
        </div>
      </Dialog>
    </Context>
  );
}

function HelpKey() {
  const { openHelp } = useRegistry();
  useShortcuts("Everywhere", [{ keys: "?", label: "Show all shortcuts", run: openHelp }]);
  return null;
}

function Group({ group }: { group: Registered }) {
  return (
    <section className="shortcut-group">
      <h3>{group.group}</h3>
      <dl>
        {group.current.map((one) => (
          <div className="shortcut" key={one.label}>
            <dt>{one.label}</dt>
            <dd className="keys">
              {[one.keys].flat().map((combination, index) => (
                <span key={combination}>
                  {index > 0 ? " or " : null}
                  <Keys combination={combination} />
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

// Pictures, as not every font has the signs.
const ARROWS: Record<string, ReactNode> = {
  "←": <ArrowLeft size={14} aria-label="Left" />,
  "→": <ArrowRight size={14} aria-label="Right" />,
  "↑": <ArrowUp size={14} aria-label="Up" />,
  "↓": <ArrowDown size={14} aria-label="Down" />,
};

export function Keys({ combination }: { combination: string }) {
  return (
    <>
      {keyNames(combination).map((name) => (
        <kbd key={name}>{ARROWS[name] ?? name}</kbd>
      ))}
    </>
  );
}

/** These shortcuts work while the component is shown; a later component's win over an earlier's. */
export function useShortcuts(group: string, shortcuts: Shortcut[], isEnabled = true): void {
  const registry = useRegistry();
  const registered = useRef<Registered>({ group, current: shortcuts });
  useEffect(() => {
    registered.current.group = group;
    registered.current.current = shortcuts; // with what they close over now
  });
  useEffect(
    () => (isEnabled ? registry.add(registered.current) : undefined),
    [registry, isEnabled],
  );
}

/** Opens the list of all shortcuts. */
export function useShortcutHelp(): () => void {
  return useRegistry().openHelp;
}

function useRegistry(): Registry {
  const registry = useContext(Context);
  if (registry === null) throw new Error("Shortcuts need a ShortcutsProvider above them.");
  return registry;
}

/** Groups of the same name together, each shortcut once. */
function merged(groups: Registered[]): Registered[] {
  const names = [...new Set(groups.map((one) => one.group))];
  return names.map((group) => {
    const all = groups.filter((one) => one.group === group).flatMap((one) => one.current);
    return { group, current: [...new Map(all.map((one) => [one.label, one])).values()] };
  });
}

function find(groups: Registered[], event: KeyboardEvent): Shortcut | undefined {
  const isTyping = isField(event.target);
  return groups
    .toReversed()
    .flatMap((group) => group.current)
    .filter((one) => one.inFields === true || !isTyping)
    .find((one) => [one.keys].flat().some((combination) => matches(event, combination)));
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NO_TEXT.has(target.type);
  if (target instanceof HTMLTextAreaElement) return !target.readOnly;
  return target.isContentEditable || target.matches("select");
}

const NO_TEXT = new Set(["button", "checkbox", "radio", "range", "submit", "reset", "file"]);

/** Whether the key is the focused control's own: it presses it. */
function presses({ key, target }: KeyboardEvent): boolean {
  const isPress = key === "Enter" || key === " ";
  return isPress && target instanceof HTMLElement && target.matches("a, button, summary");
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[role="dialog"], [role="menu"]') !== null;
}
