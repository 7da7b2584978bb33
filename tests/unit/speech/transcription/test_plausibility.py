"""What nobody said is not asked, and what somebody said is."""

# Every script has letters that look like others.
# ruff: noqa: RUF001

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.transcription.plausibility import MOST_CHARACTERS, is_worth_sending, plausible_words
from speech.utterance import Piece
from tests.unit.speech.transcription.sounds import piece

CLEAR = piece(3.0, confidence=0.95)
DOUBTFUL = piece(1.5, speech=0.5, confidence=0.7)

SUBTITLES = """
Thanks for watching!
Thank you for watching! Thank you for watching!
Thank you so much for watching.
Thank you for watching!
Thanks for watching and see you in the next video!
I'll see you in the next one. Bye!
Please subscribe to my channel.
Like and subscribe!
Subtitles by the Amara.org community
Transcription by CastingWords
Captioned by XYZ
Subtitles by SteamTeamExtra
Untertitel im Auftrag des ZDF für funk, 2017
Untertitel der Amara.org-Community
Untertitelung des ZDF, 2020
Copyright WDR 2021
Vielen Dank fürs Zuschauen!
Sous-titrage Société Radio-Canada
Sous-titrage ST' 501
Abonnez-vous !
Merci d'avoir regardé cette vidéo !
Sottotitoli e revisione a cura di QTSS
Subtítulos realizados por la comunidad de Amara.org
¡Gracias por ver el video!
Legendas pela comunidade Amara.org
Obrigado por assistir!
Grazie per aver guardato!
Ondertitels ingediend door de Amara.org gemeenschap
Bedankt voor het kijken!
Napisy stworzone przez społeczność Amara.org
Dziękuję za oglądanie!
Titulky vytvořil JohnyX
Undertexter från Amara.org-gemenskapen
Altyazı M.K.
Субтитры сделал DimaTorzok
Редактор субтитров А.Семкин Корректор А.Егорова
Продолжение следует...
Спасибо за просмотр!
Дякую за перегляд!
İzlediğiniz için teşekkür ederim.
ترجمة نانسي قنقر
اشتركوا في القناة
شكراً على المشاهدة
Terima kasih telah menonton!
Cảm ơn các bạn đã theo dõi và hẹn gặp lại.
Hãy subscribe cho kênh Ghiền Mì Gõ Để không bỏ lỡ những video hấp dẫn
ご視聴ありがとうございました
チャンネル登録をお願いいたします
谢谢大家观看
字幕由Amara.org社区提供
请不吝点赞 订阅 转发 打赏支持明镜与点点栏目
시청해주셔서 감사합니다.
MBC 뉴스 이덕영입니다.
구독과 좋아요 부탁드립니다!
תודה רבה על הצפייה
Köszönöm, hogy megnézted!
Kiitos katsomisesta!
""".strip().split("\n")

PIECES = st.builds(
    Piece,
    st.binary(max_size=64),
    speech=st.floats(0, 60),
    confidence=st.floats(0, 1),
    peak=st.integers(0, 32_767),
)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(piece(1.0, speech=0.0), id="no speech"),
        pytest.param(piece(1.0, speech=0.15), id="a click"),
        pytest.param(piece(1.0, speech=0.3, confidence=0.55), id="a cough"),
        pytest.param(piece(5.0, confidence=0.4), id="music"),
        pytest.param(piece(5.0, peak=100), id="a silent room"),
    ],
)
def test_does_not_send_noise(sound: Piece) -> None:
    assert not is_worth_sending(sound)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(piece(0.7, speech=0.25, confidence=0.8), id="No!"),
        pytest.param(piece(3.0, speech=2.0, confidence=0.55), id="in a noisy place"),
        pytest.param(piece(3.0, peak=400), id="far away"),
    ],
)
def test_sends_speech(sound: Piece) -> None:
    assert is_worth_sending(sound)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "...", "?!", "♪", "♪♪♪", "-", "…", "。", "🎵", "<|nospeech|>", "\ud800\x00"),
        *(
            "[Music]",
            "[BLANK_AUDIO]",
            "(coughs)",
            "(door slams) [Applause]",
            "*sighs*",
            "**laughs**",
        ),
        *(
            "♪ la la la ♪",
            "♪ And I will always love you",
            "【音楽】",
            "（笑い）",
            "[Musik] (hustet).",
        ),
    ],
)
def test_takes_no_annotation_for_words(text: str) -> None:
    assert plausible_words(text, CLEAR) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[coughs] What is the time?", "What is the time?"),
        ("What is\nthe  time? [BLANK_AUDIO]", "What is the time?"),
        ("<|en|>Hello<|endoftext|>", "Hello"),
        ("♪ tralala ♪ Are you there?", "Are you there?"),
        ("Does the API (the new one) work?", "Does the API (the new one) work?"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("Hi \ud83d there\x07", "Hi there"),
    ],
)
def test_keeps_the_words_beside_an_annotation(text: str, words: str) -> None:
    assert plausible_words(text, CLEAR) == words


@pytest.mark.parametrize("text", SUBTITLES)
def test_takes_no_subtitle_for_words(text: str) -> None:
    assert plausible_words(text, CLEAR) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Thank you.",
            "Thanks",
            "you",
            "Bye.",
            "Bye-bye!",
            "Danke.",
            "Merci.",
            "Gracias.",
            "Спасибо.",
        ),
        *(
            "ありがとうございました。",
            "谢谢大家",
            "감사합니다.",
            "धन्यवाद",
            "ขอบคุณครับ",
            "Grazie.",
            "Tack!",
        ),
    ],
)
def test_believes_small_words_only_of_what_is_like_speech(text: str) -> None:
    assert plausible_words(text, DOUBTFUL) == ""
    assert plausible_words(text, piece(0.8, confidence=0.9)) == text
    assert plausible_words(text, piece(2.0, confidence=0.7)) == text
    assert plausible_words(text, DOUBTFUL, is_alone=False) == text


@pytest.mark.parametrize(
    "text",
    [
        "Hmm.",
        "Mhm",
        "Uh-huh.",
        "Um...",
        "Ah!",
        "Oh.",
        "Äh",
        "Ähm.",
        "Haha",
        "Ha, ha, ha!",
        "えーと",
        "嗯",
    ],
)
def test_takes_no_sound_for_words(text: str) -> None:
    assert plausible_words(text, CLEAR) == ""
    assert plausible_words(text, CLEAR, is_alone=False) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Stop.",
            "No.",
            "Yes.",
            "Hi.",
            "He.",
            "Okay.",
            "Ja.",
            "Nein.",
            "はい。",
            "うん。",
            "네.",
            "停",
            "7",
        ),
        *(
            "Who made the subtitles by Amara?",
            "Thanks for listening, can you help me with my invoice?",
        ),
        *("Subtítulos, por favor.", "Legendas, por favor.", "Untertitel bitte.", "KBS 뉴스 틀어줘"),
        *(
            "How do I subscribe to the newsletter?",
            "Transcribe this.",
            "チャンネル登録の方法を教えて",
        ),
        *("See you next time!", "Goodbye, my friend.", "Thank you, and what about Tuesday?"),
    ],
)
def test_keeps_what_people_say(text: str) -> None:
    assert plausible_words(text, piece(2.0, confidence=0.85)) == text


def test_believes_no_more_words_than_can_be_said_in_the_time() -> None:
    text = "Welcome back to the channel, today we are going to look at a few of the things that I found. "

    assert plausible_words(text * 2, piece(1.5, speech=0.4)) == ""
    assert (
        plausible_words("我们今天要讨论的是这个非常重要的问题请大家认真听", piece(0.5, speech=0.3))
        == ""
    )
    assert plausible_words(text, piece(6.0)) == text.strip()
    assert plausible_words("Good morning, everybody!", piece(0.8, speech=0.5)) != ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "I I I I I I I I",
            "la la la la la la",
            "I'm going, I'm going, I'm going, I'm going, I'm",
        ),
        *(
            "the best of the best of the best of the best of the",
            "ハハハハハハハハハハハハ",
            "谢谢谢谢谢谢谢谢谢谢谢谢",
        ),
    ],
)
def test_takes_no_loop_for_words(text: str) -> None:
    assert plausible_words(text, piece(8.0, confidence=0.75)) == ""


@pytest.mark.parametrize(
    "text", ["no, no, no!", "stop stop stop stop", "Come on, come on!", "2 2 2 2"]
)
def test_lets_people_repeat_themselves(text: str) -> None:
    assert plausible_words(text, piece(3.0, confidence=0.75)) == text


def test_believes_whoever_repeats_a_word_clearly() -> None:
    assert plausible_words("stop " * 9, piece(4.0, confidence=0.95)) == ("stop " * 9).strip()


def test_reads_no_endless_transcript() -> None:
    assert plausible_words("a " * MOST_CHARACTERS, piece(30.0)) == ""


@given(st.text(), PIECES, st.booleans())
def test_never_fails(text: str, sound: Piece, is_alone: bool) -> None:
    words = plausible_words(text, sound, is_alone=is_alone)

    assert words == " ".join(words.split())
    assert words == "" or any(map(str.isalnum, words))
    words.encode()
    is_worth_sending(sound)


@given(
    st.lists(st.from_regex(r"[a-zäéß]{1,9}", fullmatch=True), min_size=5, max_size=60, unique=True),
    st.floats(0.6, 1.0),
    st.booleans(),
)
def test_never_drops_long_speech(words: list[str], confidence: float, is_alone: bool) -> None:
    sound = piece(len(words) / 3.0, confidence=confidence)

    assert is_worth_sending(sound)
    assert plausible_words(" ".join(words), sound, is_alone=is_alone) == " ".join(words)
