const LEAST = 140;
const STEP = 32;

interface DockEdgeProps {
  readonly height: number;
  readonly change: (height: number) => void;
}

/** The edge that is dragged, or moved with the arrow keys. */
export function DockEdge({ height, change }: DockEdgeProps) {
  const set = (wanted: number): void => change(Math.round(Math.min(window.innerHeight - 80, Math.max(LEAST, wanted))));
  const drag = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) set(window.innerHeight - event.clientY);
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    set(height + (event.key === 'ArrowUp' ? STEP : -STEP));
  };
  return (
    <div
      class="dock-edge"
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label="Height of the terminal"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={keyDown}
    />
  );
}
