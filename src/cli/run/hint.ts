/** What cdk prints when it shows failures only, because an AI agent seems to run it (aws-cdk-cli, errors-only). */
const HIDDEN = 'AI agent detected, using --progress';
const HINT =
  'miyabi: cdk hides its progress because it detected an AI agent; add --progress events to see it';

/** Looks for that in the output and says, once, how to get the progress back. */
export const progressHint = (say: (text: string) => void): ((chunk: Buffer) => void) => {
  let tail = '';
  let said = false;
  return (chunk) => {
    if (said) return;
    const seam = tail + chunk.subarray(0, HIDDEN.length).toString('latin1');
    if (chunk.includes(HIDDEN) || seam.includes(HIDDEN)) {
      said = true;
      say(HINT);
      return;
    }
    tail = (tail + chunk.subarray(-HIDDEN.length).toString('latin1')).slice(-HIDDEN.length);
  };
};
