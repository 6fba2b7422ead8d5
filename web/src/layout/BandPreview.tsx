// The band as it would be cut, from frames all over the video.

import type { ObjectUrls } from "../editing/objects.ts";
import type { Region } from "./crop.ts";
import { frameName, useObjectUrl } from "./useImage.ts";

interface Props {
  urls: ObjectUrls;
  frames: readonly number[];
  crop: Region | null;
  /** Width by height of the whole frame. */
  ratio: number;
  onFrame: (frame: number) => void;
}

export function BandPreview({ urls, frames, crop, ratio, onFrame }: Props) {
  return (
    <section className="band-preview" aria-label="What will be cut">
      <h2>What will be cut</h2>
      {crop ? (
        <ul>
          {(frames.length > 0 ? frames : [0]).map((frame) => (
            <li key={frame}>
              <button
                type="button"
                className="band-piece"
                aria-label={`The band in frame ${frame + 1}; go there`}
                onClick={() => onFrame(frame)}
              >
                <Piece urls={urls} frame={frame} crop={crop} ratio={ratio} />
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p className="muted small">No band yet.</p>
      )}
    </section>
  );
}

function Piece({
  urls,
  frame,
  crop,
  ratio,
}: {
  urls: ObjectUrls;
  frame: number;
  crop: Region;
  ratio: number;
}) {
  const url = useObjectUrl(urls, frameName(frame));
  const width = crop.right - crop.left;
  const height = crop.bottom - crop.top;
  return (
    <span className="band-window" style={{ aspectRatio: (width * ratio) / height }}>
      {url ? (
        <img
          src={url}
          alt=""
          draggable={false}
          style={{
            width: `${100 / width}%`,
            transform: `translate(${-crop.left * 100}%, ${-crop.top * 100}%)`,
          }}
        />
      ) : null}
    </span>
  );
}
