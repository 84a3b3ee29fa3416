# SPDX-License-Identifier: Apache-2.0
"""Words that the demo is made of: names, places, trades, in French and English."""

from __future__ import annotations

WOMEN = (
    "Camille Léa Manon Chloé Inès Jeanne Juliette Zoé Élise Clémence Margaux Agathe Noémie Anaïs Hélène Béatrice Françoise "
    "Sylvie Nathalie Aurélie Céline Sophie Emma Olivia Amelia Grace Charlotte Emily Harriet Fiona Siobhán Maeve Aisha Priya "
    "Leïla Yasmine Fatou Aïcha Ingrid Åsa Zofia Łucja Mei Naomi"
).split()
MEN = (
    "Lucas Hugo Louis Jules Gabriel Léo Théo Raphaël Antoine Étienne François Jérôme Gaël Loïc Benoît Cédric Thibault Rémi "
    "Mathéo Noël Yves Gérard Oliver Harry George Edward Rupert Callum Angus Declan Owen Rhys Mohamed Karim Amadou Idriss "
    "Björn Søren Paweł Łukasz Hiroshi Wei Mateo João"
).split()
FAMILY = (
    "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefèvre Michel Garcia David Bertrand "
    "Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert Bonnet François Martinez Legrand Garnier Faure Rousseau "
    "Blanc Guérin Muller Henry Roussel Nicolas Perrin Morin Mathieu Clément Gauthier Dumont Lopez Fontaine Chevalier Robin "
    "Masson Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger Roche Roy Noël Meyer Lucas Meunier Jean Perez "
    "Marchand Dufour Blanchard Marie Barbier Brun Dumas Brunet Schmitt Leroux Colas Fernandez Smith Jones Taylor Brown "
    "Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke "
    "O’Connor MacLeod Ó’Briain Østergaard Håkansson Kowalski Nowak Ibrahim Diallo Traoré Benali Haddad Tanaka Wang"
).split()
PARTICLES = ("de La Tour", "d’Estaing", "du Bellay", "de Saint-Exupéry", "van der Berg", "von Hohenfels", "de Gaulle-Lefèvre")

CITIES = (
    ("Grenoble", "FR", "38000"), ("Lyon", "FR", "69002"), ("Paris", "FR", "75011"), ("Marseille", "FR", "13006"),
    ("Lille", "FR", "59000"), ("Nantes", "FR", "44000"), ("Strasbourg", "FR", "67000"), ("Annecy", "FR", "74000"),
    ("Saint-Étienne", "FR", "42000"), ("Bruxelles", "BE", "1000"), ("Liège", "BE", "4000"), ("Genève", "CH", "1204"),
    ("Lausanne", "CH", "1003"), ("Luxembourg", "LU", "1855"), ("Montréal", "CA", "H2Y 1C6"), ("London", "GB", "EC1V 9HL"),
    ("Manchester", "GB", "M1 4BT"), ("Edinburgh", "GB", "EH1 1YZ"), ("Dublin", "IE", "D02 X285"), ("Cardiff", "GB", "CF10 1EP"),
)
STREETS = (
    "rue de la République", "avenue Jean Jaurès", "place du Marché", "quai Perrière", "rue des Alpes", "boulevard Gambetta",
    "High Street", "Station Road", "Mill Lane", "Church Street",
)

COMPANY_STEMS = (
    "Alpes", "Rhône", "Belledonne", "Vercors", "Chartreuse", "Isère", "Mont-Blanc", "Beaujolais", "Aravis", "Léman", "Jura",
    "Camargue", "Bretagne", "Northern", "Thames", "Severn", "Highland", "Mersey", "Celtic", "Albion", "Nordic", "Atlas",
)
COMPANY_TRADES = (
    ("Mécanique", "manufacturing"), ("Électronique", "manufacturing"), ("Bois", "manufacturing"), ("Bâtiment", "construction"),
    ("Énergies", "energy"), ("Transports", "transport"), ("Logistics", "transport"), ("Foods", "trade"),
    ("Distribution", "trade"), ("Engineering", "professional"), ("Conseil", "professional"), ("Software", "information"),
    ("Textiles", "manufacturing"), ("Optics", "manufacturing"), ("Outdoor", "trade"), ("Sports", "trade"),
    ("Hôtels", "hospitality"), ("Immobilier", "real_estate"), ("Finance", "finance"), ("Agro", "agriculture"),
)
FORMS = {"FR": ("SAS", "SARL", "SA", "& Fils"), "GB": ("Ltd", "plc", "& Sons"), "IE": ("Ltd",), "BE": ("SA", "SRL")}

JOBS = (
    ("Responsable des achats", "purchasing"), ("Directrice générale", "management"), ("Directeur technique", "it"),
    ("Chef de projet", "production"), ("Assistante de direction", "management"), ("Comptable", "finance"),
    ("Purchasing Manager", "purchasing"), ("Sales Director", "sales"), ("Head of Communications", "marketing"),
    ("Operations Manager", "production"), ("Financial Controller", "finance"), ("Site Engineer", "production"),
    ("Responsable logistique", "logistics"), ("DRH", "hr"), ("Legal Counsel", "legal"), ("R&D Engineer", "research"),
)
INTERESTS = (
    "ski", "randonnée", "golf", "cinéma", "vin", "vélo", "cuisine", "opéra", "rugby", "voile", "jazz", "jardinage", "échecs",
)

OUTLETS = (
    ("Le Courrier des Alpes", "daily", "regional", 84_000, "FR"), ("Isère Matin", "daily", "local", 31_000, "FR"),
    ("L’Usine de demain", "trade", "national", 22_000, "FR"), ("Radio Dauphiné", "radio", "regional", 140_000, "FR"),
    ("Montagne & Matériel", "magazine", "national", 46_000, "FR"), ("TV Lacs", "television", "regional", 210_000, "FR"),
    ("The Northern Ledger", "daily", "regional", 96_000, "GB"), ("Outdoor Trade Weekly", "trade", "national", 18_000, "GB"),
    ("Makers’ Podcast", "podcast", "international", 52_000, "GB"), ("Agence Presse Alpine", "agency", "national", None, "FR"),
    ("Genève Affaires", "online", "national", 73_000, "CH"), ("Le Soir de Liège", "daily", "regional", 58_000, "BE"),
)
RELEASES = (
    "Une nouvelle ligne de production à Grenoble", "Atelier Morel opens a showroom in Edinburgh",
    "Bilan carbone : moins 18 % en trois ans", "Rappel préventif de la série K2", "A hundred years of mountain equipment",
    "Partenariat avec l’école du bois de Cormaranche", "Résultats annuels", "New chair of the board appointed",
)
PRODUCTS = (
    ("Piolet Aravis", "goods", 129), ("Corde Vercors 60 m", "goods", 189), ("Baudrier Écrin", "goods", 74),
    ("Casque Névé", "goods", 68), ("Tente Bivouac 2", "goods", 349), ("Sac Traverse 45", "goods", 159),
    ("Contrôle annuel des équipements", "service", 480), ("Formation sécurité (jour)", "service", 950),
    ("Location saison", "subscription", 39), ("Kit réparation", "spare_part", 24),
)

NOTES = (
    ("call", "Point sur la commande en cours", "Livraison souhaitée avant la fin du mois ; le quai est fermé le vendredi."),
    ("call", "Called about the invoice", "They had not received the credit note. Sent again, due date moved by ten days."),
    ("meeting", "Revue annuelle", "Volumes en hausse. Intérêt pour la location saisonnière ; devis à envoyer."),
    ("meeting", "Site visit with the safety officer", "Walked through the warehouse. Two harnesses past their date."),
    ("visit", "Visite du magasin", "Bonne mise en avant du rayon. Manque les tailles L."),
    ("visit", "Trade fair stand", "Met their new buyer; wants the spring catalogue in English."),
    ("message", "Catalogue envoyé", "Catalogue et tarifs de l’année, comme convenu."),
    ("message", "Re: delivery dates", "Confirmed for week 14. Pallets, no tail lift needed."),
    ("note", "À savoir", "Préfère être appelé le matin. Ne pas proposer de remise sans l’accord de la direction."),
    ("note", "Background", "Family business, third generation. The daughter takes over next year."),
    ("purchase", "Commande", "Réassort de saison."),
    ("information_request", "Question sur une norme", "Demande le certificat EN 12277 du baudrier."),
    ("service_call", "Fermeture défectueuse", "Échange sous garantie accepté."),
    ("sample_sent", "Échantillon", "Corde Vercors, 2 m, coloris rouge."),
    ("complaint", "Retard de livraison", "Trois jours de retard. Excuses et remise de 5 %."),
)
CASES = (
    ("Fermeture éclair cassée sur la tente", "complaint", "high"), ("Invoice shows the wrong VAT number", "billing", "normal"),
    ("Comment entretenir une corde ?", "question", "low"), ("Harness buckle recall: which serial numbers?", "question", "urgent"),
    ("Colis arrivé ouvert", "incident", "high"), ("Change of delivery address", "request", "normal"),
    ("Remboursement non reçu", "billing", "high"), ("Suggestion: sell spare poles", "suggestion", "low"),
)
