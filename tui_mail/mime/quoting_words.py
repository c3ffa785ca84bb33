"""The words by which mail programs announce a quote or sign off, per language. Data only."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS: tuple[str, ...] = (
    "wrote",
    "writes",
    "said",
    "schrieb",
    "a écrit",
    "écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "scritto",
    "schreef",
    "heeft geschreven",
    "geschreven",
    "escreveu",
    "skrev",
    "napisał",
    "pisze",
    "писал",
    "написал",
    "пишет",
    "пише",
    "написав",
    "писав",
    "napsal",
    "napísal",
    "yazdı",
    "şunu yazdı",
    "yazmış",
    "のメール",
    "書きました",
    "さんは書きました",
    "写道",
    "寫道",
    "编写",
    "作成",
    "작성",
    "님이 작성",
    "כתב",
    "כתבה",
    "‫كتب",
    "كتب",
    "kirjoitti",
    "írta",
    "a scris",
    "έγραψε",
)
"""The verb of `On Monday, Ada wrote:` (en de fr es it nl pt sv da no pl ru uk cs sk tr ja zh ko he
ar fi hu ro el)."""

FROM_LABELS = _words(
    """
    from von de da van från fra od от від kimden gönderen 差出人 发件人 寄件者 寄件人
    보낸사람 מאת من lähettäjä feladó expéditeur afzender mittente remitente avsändare
    """
)
OTHER_LABELS = _words(
    """
    sent date to cc subject reply-to importance attachments gesendet datum an betreff kopie
    envoyé à objet pièces enviado fecha para asunto assunto data inviato oggetto a verzonden
    aan onderwerp skickat till ämne sendt dato til emne wysłano do temat dw дата отправлено
    кому тема копия надіслано odesláno komu předmět kopie tarih gönderildi kime konu bilgi
    送信日時 日付 宛先 件名 日時 发送时间 日期 时间 收件人 抄送 主题 主旨 收件者 보낸날짜
    날짜 받는사람 제목 참조 נשלח תאריך אל נושא تاريخ أرسلت إلى الى الموضوع التاريخ lähetetty
    vastaanottaja aihe
    """
)
"""Labels of the header block Outlook and others put above a quote, without their blanks."""

SEPARATORS: tuple[str, ...] = (
    "original message",
    "forwarded message",
    "original appointment",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "message transféré",
    "message initial",
    "mensaje original",
    "mensaje reenviado",
    "messaggio originale",
    "messaggio inoltrato",
    "oorspronkelijk bericht",
    "doorgestuurd bericht",
    "mensagem original",
    "mensagem encaminhada",
    "ursprungligt meddelande",
    "vidarebefordrat meddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "исходное сообщение",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "оригінальне повідомлення",
    "původní zpráva",
    "přeposlaná zpráva",
    "orijinal mesaj",
    "özgün ileti",
    "元のメッセージ",
    "転送されたメッセージ",
    "原始邮件",
    "原始郵件",
    "转发的邮件",
    "轉寄郵件",
    "원본 메시지",
    "원본 메일",
    "הודעה מקורית",
    "הודעה שהועברה",
    "رسالة أصلية",
    "الرسالة الأصلية",
    "alkuperäinen viesti",
)
"""Between rows of dashes: `-----Original Message-----`."""

LEADS: tuple[str, ...] = (
    "begin forwarded message",
    "anfang der weitergeleiteten nachricht",
    "début du message réexpédié",
    "inicio del mensaje reenviado",
    "inizio messaggio inoltrato",
)
"""Apple Mail's line above a forwarded mail."""

MOBILE: tuple[str, ...] = (
    "sent from my",
    "sent from mail for",
    "sent from yahoo mail",
    "sent from outlook",
    "sent from samsung",
    "sent via blackberry",
    "sent with proton",
    "sent using",
    "get outlook for",
    "von meinem",
    "gesendet von mein",
    "gesendet mit",
    "diese nachricht wurde von meinem",
    "envoyé de mon",
    "envoyé depuis",
    "envoyé à partir",
    "enviado desde mi",
    "enviado de meu",
    "enviado do meu",
    "inviato da",
    "verzonden vanaf",
    "verstuurd vanaf",
    "skickat från min",
    "sendt fra min",
    "wysłane z",
    "отправлено с",
    "отправлено из",
    "надіслано з",
    "odesláno z",
    "iphone'umdan gönderildi",
    "iphone’umdan gönderildi",
    "iphoneから送信",
    "发自我的",
    "發自我的",
    "내 iphone에서 보냄",
    "나의 iphone에서 보냄",
    "נשלח מה",
    "أُرسلت من",
    "lähetetty iphonesta",
)

GREETINGS = _words(
    """
    hi hello hey dear greetings all everyone team folks there guten tag hallo liebe lieber
    sehr geehrte geehrter damen herren und moin servus salut bonjour bonsoir cher chère
    madame monsieur hola buenos buenas días tardes querido querida estimado estimada ciao
    salve gentile buongiorno caro cara beste geachte goedemorgen olá oi prezado prezada bom
    dia boa tarde hej hejsan kära kære hei cześć witam dzień dobry szanowni państwo привет
    здравствуйте добрый день уважаемый уважаемая вітаю доброго дня dobrý den ahoj vážený
    vážená merhaba sayın selam good morning afternoon evening mr mrs ms dr herr frau sir or
    madam
    """
)
"""Words of a line that only greets."""
