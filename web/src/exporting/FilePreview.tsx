// The file as it will be written, in the chosen format.

import { useQuery } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { api, call, type Video } from "../api/client.ts";
import { Loading, Problem } from "../ui/parts.tsx";
import { useShortcuts } from "../ui/shortcuts.tsx";
import { useToast } from "../ui/toast.tsx";
import { type FORMATS, type Format, fileName } from "./formats.ts";

interface Props {
  video: Video;
  format: Format;
  formats: typeof FORMATS;
  onFormat: (format: Format) => void;
}

export function FilePreview({ video, format, formats, onFormat }: Props) {
  const { toast, tellProblem } = useToast();
  const file = useFile(video.id, format);
  const chosen = formats.find((one) => one.name === format);

  const download = () => {
    if (file.data === undefined) return;
    const url = URL.createObjectURL(new Blob([file.data]));
    const link = Object.assign(document.createElement("a"), {
      href: url,
      download: fileName(video.title, format),
    });
    link.click();
    URL.revokeObjectURL(url);
  };
  const copy = () => {
    if (file.data === undefined) return;
    navigator.clipboard
      .writeText(file.data)
      .then(() => toast({ title: "Copied", tone: "ok" }), tellProblem);
  };

  useShortcuts("Export", [
    { keys: "d", label: "Download the file", run: download },
    { keys: "c", label: "Copy the text", run: copy },
    ...formats.map(({ name, label }, index) => ({
      keys: String(index + 1),
      label: `Show ${label}`,
      run: () => onFormat(name),
    })),
  ]);

  return (
    <section className="export-file" aria-label="File">
      <div className="export-head">
        <ToggleGroup.Root
          type="single"
          className="toggle-group"
          aria-label="Format"
          value={format}
          onValueChange={(value) => {
            if (value !== "") onFormat(value as Format);
          }}
        >
          {formats.map(({ name, label, about }) => (
            <ToggleGroup.Item key={name} value={name} className="toggle" title={about}>
              {label}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <button type="button" className="button" onClick={copy} disabled={file.data === undefined}>
          <Copy aria-hidden size={16} /> Copy
        </button>
        <button
          type="button"
          className="button primary"
          onClick={download}
          disabled={file.data === undefined}
        >
          <Download aria-hidden size={16} /> Download
        </button>
      </div>
      <p className="small muted">
        {fileName(video.title, format)}: {chosen?.about}
      </p>
      {file.error === null ? null : (
        <Problem error={file.error} onRetry={() => void file.refetch()} />
      )}
      {file.data === undefined ? (
        file.error === null ? (
          <Loading what="Writing the file" />
        ) : null
      ) : (
        <textarea
          className="export-text"
          readOnly
          aria-label="Content of the file"
          value={file.data}
        />
      )}
    </section>
  );
}

function useFile(id: string, format: Format) {
  return useQuery({
    queryKey: ["export", id, `${format} text`],
    queryFn: ({ signal }): Promise<string> => {
      const params = { path: { video_id: id }, query: { format } };
      return call(api.GET("/v1/videos/{video_id}/export", { params, signal, parseAs: "text" }));
    },
  });
}
