/** What a step of a docker build prints, `#28 0.318 …`: its counters are none of the build's. */
export const STEP_OUTPUT = /^#\d{1,6} \d{1,6}\.\d/;

/** ` > [ 2/12] RUN npm ci:`, above what the step that failed has printed. */
export const STEP_RECAP = /^> \[.{0,300}\d{1,4}\/\d{1,4}\] .{1,1000}:$/;
