import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface Props {
  title: string;
  description?: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

export function Dialog({ title, description, isOpen, onClose, children, className = "" }: Props) {
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => (open ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-scrim" />
        <Radix.Content
          className={`dialog ${className}`}
          onOpenAutoFocus={(event) => {
            const field = (event.target as HTMLElement).querySelector<HTMLInputElement>("input");
            if (field === null) return;
            event.preventDefault();
            field.select();
            field.focus();
          }}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <div className="dialog-title">
            <Radix.Title asChild>
              <h2>{title}</h2>
            </Radix.Title>
            <Radix.Close className="button quiet icon" aria-label="Close">
              <X size={18} aria-hidden />
            </Radix.Close>
          </div>
          {description === undefined ? null : (
            <Radix.Description className="muted">{description}</Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
