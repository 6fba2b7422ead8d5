// Rename a video, or move it to another folder.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api, call, type Video } from "../api/client.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Problem } from "../ui/parts.tsx";
import { useFolders } from "./queries.ts";

interface Props {
  video: Video;
  field: "title" | "folder" | null;
  onClose: () => void;
}

export function ChangeDialog({ video, field, onClose }: Props) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (value: string) => {
      const body = field === "title" ? { title: value } : { folder: value };
      const params = { path: { video_id: video.id } };
      return call(api.PATCH("/v1/videos/{video_id}", { params, body }));
    },
    onSuccess: async () => {
      onClose();
      await Promise.all(
        ["videos", "folders"].map((key) => client.invalidateQueries({ queryKey: [key] })),
      );
    },
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(String(new FormData(event.currentTarget).get("value")).trim());
  };

  return (
    <Dialog
      title={field === "title" ? "Rename the video" : "Move to a folder"}
      isOpen={field !== null}
      onClose={onClose}
    >
      <form className="change-form" onSubmit={submit}>
        {change.error === null ? null : <Problem error={change.error} />}
        {field === "title" ? (
          <label className="field">
            <span>Title</span>
            <input
              className="input"
              name="value"
              defaultValue={video.title}
              required
              maxLength={500}
            />
          </label>
        ) : (
          <FolderField folder={video.folder} />
        )}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={change.isPending}>
            {field === "title" ? "Rename" : "Move"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function FolderField({ folder }: { folder: string }) {
  const { data: folders } = useFolders();
  return (
    <label className="field">
      <span>Folder</span>
      <input className="input" name="value" defaultValue={folder} list="folders" maxLength={500} />
      <datalist id="folders">
        {folders?.map(({ name }) => (name === "" ? null : <option key={name} value={name} />))}
      </datalist>
      <small className="muted">A new name makes a new folder; empty is no folder.</small>
    </label>
  );
}
