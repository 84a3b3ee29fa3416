# SPDX-License-Identifier: Apache-2.0
"""The words of the system's own mails, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from xrm.invitations.links import INVITATION, RESET
from xrm.invitations.mails import FACTORS_RESET, PASSWORD_CHANGED


@dataclass(frozen=True)
class MailText:
    """A mail: its subject, what stands before the button, what the button says, and what stands after it."""

    subject: str
    before: str
    button: str
    after: str


TEXTS = {
    (INVITATION, "en"): MailText(
        "You are invited to xrm",
        "Hello {name},\n\n{by} invites you to work with xrm at {site}. Choose a password to begin.",
        "Choose a password",
        "The link works once, until {until}. If you did not expect this mail, ignore it: without you nothing happens.",
    ),
    (INVITATION, "fr"): MailText(
        "Vous êtes invité à utiliser xrm",
        "Bonjour {name},\n\n{by} vous invite à travailler avec xrm sur {site}. Choisissez un mot de passe pour commencer.",
        "Choisir un mot de passe",
        "Le lien fonctionne une seule fois, jusqu’au {until}. Si vous n’attendiez pas ce courriel, ignorez-le\u00a0: sans vous, "
        "rien ne se passe.",
    ),
    (RESET, "en"): MailText(
        "Choose a new password for xrm",
        "Hello {name},\n\nsomebody asked for a new password for your login at {site}. If it was you, choose one.",
        "Choose a new password",
        "The link works once, until {until}. If it was not you, ignore this mail: your password stays as it is.",
    ),
    (RESET, "fr"): MailText(
        "Choisissez un nouveau mot de passe pour xrm",
        "Bonjour {name},\n\nun nouveau mot de passe a été demandé pour votre compte sur {site}. Si c’était vous, "
        "choisissez-en un.",
        "Choisir un nouveau mot de passe",
        "Le lien fonctionne une seule fois, jusqu’au {until}. Si ce n’était pas vous, ignorez ce courriel\u00a0: votre mot de "
        "passe reste le même.",
    ),
    (PASSWORD_CHANGED, "en"): MailText(
        "Your password for xrm was changed",
        "Hello {name},\n\nthe password of your login at {site} was changed just now, and all of your sessions were ended. API "
        "tokens go on working.",
        "",
        "If it was not you, tell an administrator at once.",
    ),
    (PASSWORD_CHANGED, "fr"): MailText(
        "Votre mot de passe pour xrm a été modifié",
        "Bonjour {name},\n\nle mot de passe de votre compte sur {site} vient d’être modifié et toutes vos sessions ont été "
        "fermées. Les jetons d’API restent valables.",
        "",
        "Si ce n’était pas vous, prévenez tout de suite un administrateur.",
    ),
    (FACTORS_RESET, "en"): MailText(
        "Your second factor for xrm was reset",
        "Hello {name},\n\nan administrator took the app for codes, the recovery codes and the passkeys away from your login at "
        "{site}. All of your sessions were ended. Sign in with your password and set up a second factor again.",
        "",
        "If you did not ask for it, tell an administrator at once.",
    ),
    (FACTORS_RESET, "fr"): MailText(
        "Votre second facteur pour xrm a été réinitialisé",
        "Bonjour {name},\n\nun administrateur a retiré de votre compte sur {site} l’application d’authentification, les "
        "codes de secours et les clés d’accès. Toutes vos sessions ont été fermées. Connectez-vous avec votre mot de passe "
        "et configurez de nouveau un second facteur.",
        "",
        "Si vous ne l’avez pas demandé, prévenez tout de suite un administrateur.",
    ),
}
SOMEBODY = {"en": "An administrator", "fr": "Un administrateur"}
