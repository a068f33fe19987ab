/** What a step of a docker build prints, `#28 0.318 …`: its counters are none of the build's. */
export const STEP_OUTPUT = /^#\d{1,6} \d{1,6}\.\d/;
