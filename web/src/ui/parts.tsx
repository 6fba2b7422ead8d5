// Small pieces that several pages show.

import { Progress as RadixProgress, Tooltip } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { describeProblem } from "../api/problem.ts";

export type Tone = "neutral" | "accent" | "ok" | "warning" | "danger";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

/** `value` is 0-1; null while nobody can tell. */
export function ProgressBar({ value, label }: { value: number | null; label: string }) {
  const percent = value === null ? null : Math.round(Math.min(Math.max(value, 0), 1) * 100);
  return (
    <RadixProgress.Root className="progress" value={percent} aria-label={label}>
      <div style={percent === null ? undefined : { width: `${percent}%` }} />
    </RadixProgress.Root>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <div className="spinner" aria-hidden />
      {what}
    </div>
  );
}

/** What went wrong, what to do, and a way to do it. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { message, hint } = describeProblem(error);
  return (
    <div className="notice danger" role="alert">
      <p>
        <strong>{message}</strong> {hint === null ? null : <span className="hint">{hint}</span>}
      </p>
      {onRetry === undefined ? null : (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
  children: ReactNode;
}

/** A button with a picture; its name shows when it is pointed at or has the focus. */
export function IconButton({ label, children, className = "", ...rest }: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          className={`button quiet icon ${className}`}
          aria-label={label}
          {...rest}
        >
          {children}
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={4}>
          {label}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
