import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n.ts';
import { signIn, signInWith } from '../state/session.ts';

export const SignIn = () => {
  const typed = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const refused = signIn.value === 'refused';
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
        aria-describedby={refused ? 'refused' : undefined}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      {refused && (
        <p id="refused" class="refused" role="alert">
          {t.value.refused}
        </p>
      )}
      <button type="submit">{t.value.signIn}</button>
    </form>
  );
};
