/** Where things are inside the guest. */

/** The traced file system; view N of the tracer is its folder `N`. */
export const WORKSPACE_MOUNT = '/run/layer/workspace';
/** The root disk as it is below all overlays (bound there by the guest helper). */
export const ROOT_VIEW = '/run/layer/root';
/** One folder an overlay mount, on the guest's disk: `upper` and `work`. */
export const OVERLAYS = '/var/lib/layer/overlays';
/** Output of RUN BACKGROUND services, `STEP.log`; below FROM another Layerfile `DEPTH-STEP.log`. */
export const BACKGROUND_LOGS = '/run/layer/background';
/** Sourced before every command: the login profile, then {@link ENVIRONMENT}. */
export const STEP_PROFILE = '/etc/layer/step.sh';
/** Shell text that ENV appends to. */
export const ENVIRONMENT = '/etc/layer/environment';
/** Where a lineage's working directory starts. */
export const HOME = '/root';
