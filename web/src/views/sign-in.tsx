import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n.ts';
import { signIn, signInWith, trying } from '../state/session.ts';
import { connection } from '../state/sync.ts';
import { useTitle } from '../title.ts';

export const SignIn = () => {
  const typed = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  useTitle(t.value.signIn);
  useEffect(() => field.current?.focus(), []);
  const refused = signIn.value === 'refused' && !trying.value;
  // Errors appear where a refusal would: people look there after pressing the button.
  const wrong =
    connection.value.state === 'lost' ? (connection.value.reason ?? t.value.lostFirst) : t.value.refused;
  const isWrong = refused || connection.value.state === 'lost';
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.value.trim() !== '') signInWith(typed.value.trim());
      }}
    >
      <h1>{t.value.signIn}</h1>
      <p>{t.value.signInHelp}</p>
      <label for="key">{t.value.apiKey}</label>
      <input
        id="key"
        ref={field}
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        aria-invalid={refused}
        aria-describedby={isWrong ? 'refused' : undefined}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      {isWrong && (
        <p id="refused" class="refused" role="alert">
          {wrong}
        </p>
      )}
      <button type="submit" aria-busy={trying.value}>
        {t.value.signIn}
      </button>
    </form>
  );
};
