// Where files come from: a button, and the whole page for what is dropped on it.

import { Upload } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useShortcuts } from "../ui/shortcuts.tsx";
import { addFiles, droppedFiles } from "./uploads.ts";

const VIDEOS = "video/*,.mkv,.ts,.m2ts,.mts,.mxf,.vob,.avi,.flv,.wmv";

interface Props {
  folder: string;
  children: ReactNode;
  className?: string;
}

export function UploadButton({ folder, children, className = "button primary" }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts("Videos", [
    { keys: "u", label: "Upload videos", run: () => input.current?.click() },
  ]);
  const take = (files: FileList | null) => {
    const given = [...(files ?? [])].map((file) => ({ file, handle: null }));
    void addFiles(given, folder);
  };
  return (
    <>
      <button type="button" className={className} onClick={() => input.current?.click()}>
        <Upload aria-hidden size={18} />
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={VIDEOS}
        aria-label="Video files"
        onChange={(event) => {
          take(event.target.files);
          event.target.value = ""; // so that the same file can be chosen again
        }}
      />
    </>
  );
}

/** Takes files that are dropped anywhere on the page, and shows that it would. */
export function DropZone({ folder }: { folder: string }) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0; // each element on the way tells of its own entering and leaving
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth -= 1;
      if (depth <= 0) setOver(false);
    };
    const over = (event: DragEvent) => event.preventDefault();
    const drop = async (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (event.dataTransfer !== null) {
        await addFiles(await droppedFiles(event.dataTransfer), folder);
      }
    };
    const listeners = [
      ["dragenter", enter],
      ["dragleave", leave],
      ["dragover", over],
      ["drop", drop],
    ] as const;
    for (const [name, listener] of listeners) addEventListener(name, listener);
    return () => {
      for (const [name, listener] of listeners) removeEventListener(name, listener);
    };
  }, [folder]);
  if (!isOver) return null;
  return (
    <div className="drop-zone">
      <div>
        <Upload aria-hidden size={40} />
        <p>Drop videos to upload them{folder === "" ? "" : ` to ${folder}`}</p>
      </div>
    </div>
  );
}
