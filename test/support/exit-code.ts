// uvu sets the exit code when its last suite has ended. A test whose promise never settles lets the process
// end before that, with 0: so the run counts as failed until uvu says otherwise.
process.exitCode = 1;
