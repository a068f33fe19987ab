/** The output of a step of a docker build, `#28 0.318 …`: its counters are not those of the build. */
export const STEP_OUTPUT = /^#\d{1,6} \d{1,6}\.\d/;

/** ` > [ 2/12] RUN npm ci:`, above the output of the step that failed. */
export const STEP_RECAP = /^> \[.{0,300}\d{1,4}\/\d{1,4}\] .{1,1000}:$/;
